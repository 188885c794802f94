//! A real registry (CNCF Distribution, as Debian packages it), filled through its API.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::Certificates;

/// The user and the password that a registry with a login takes.
pub const REGISTRY_LOGIN: (&str, &str) = ("auditor", "open-sesame-4711");
/// bcrypt of the password, as a htpasswd file has it.
const HTPASSWD: &str = "auditor:$2b$05$yTQK0UunBeCDgBWgXOfosugerN4USSuoKCzjSHSVwo02hGixzwqoK\n";

/// A registry with a folder of its own; it ends when it is dropped.
pub struct DockerRegistry {
    /// e.g. `127.0.0.1:41234`.
    pub host: String,
    process: Child,
    folder: std::sync::Arc<TempDir>,
}

impl DockerRegistry {
    /// Starts an empty registry, over plain HTTP and without a login.
    ///
    /// # Panics
    /// If there is no `docker-registry`, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::serve(std::sync::Arc::new(TempDir::new().unwrap()), "")
    }

    /// Starts a second registry on the same contents, over TLS with `server.pem` and with a login.
    ///
    /// # Panics
    /// As [`DockerRegistry::start`].
    #[must_use]
    pub fn beside_with_tls_and_login(&self, certificates: &Certificates) -> Self {
        let htpasswd = self.folder.path().join("htpasswd");
        fs::write(&htpasswd, HTPASSWD).unwrap();
        let more = format!(
            "  tls:\n    certificate: {}\n    key: {}\nauth:\n  htpasswd:\n    realm: test\n    path: {}\n",
            certificates.path("server.pem").display(),
            certificates.path("server.key").display(),
            htpasswd.display(),
        );
        Self::serve(std::sync::Arc::clone(&self.folder), &more)
    }

    fn serve(folder: std::sync::Arc<TempDir>, more: &str) -> Self {
        let program = env::var("TEST_DOCKER_REGISTRY").unwrap_or_else(|_| {
            panic!(
                "no registry to test on: run the tests with ./test, which fetches one, or set \
                 TEST_DOCKER_REGISTRY to the program `docker-registry`"
            )
        });
        let config = folder.path().join(format!("config-{}.yml", more.len()));
        let text = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  delete:\n    enabled: true\n  filesystem:\n    \
             rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n{more}",
            folder.path().join("data").display()
        );
        fs::write(&config, text).unwrap();
        let mut process = Command::new(&program)
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut lines = log.lines().map_while(Result::ok);
        let mut said = Vec::new();
        let host = lines.find_map(|line| {
            let host = line.split("listening on ").nth(1);
            let host = host.map(|rest| rest.split([',', '"', ' ']).next().unwrap().to_owned());
            said.push(line);
            host
        });
        let host = host.unwrap_or_else(|| panic!("{program} does not listen: {said:?}"));
        // Read on, or the registry would wait once the pipe is full.
        thread::spawn(move || lines.for_each(drop));
        Self {
            host,
            process,
            folder,
        }
    }

    /// Puts a blob into a repository, and returns its digest.
    ///
    /// # Panics
    /// If the registry refuses.
    pub async fn push_blob(&self, repository: &str, digest: &str, blob: &[u8]) {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let (status, location) = self.send("POST", &path, None, &[]).await;
        assert_eq!(status, 202, "{path}");
        let location = location.unwrap();
        let path = location.split_once("/v2/").unwrap().1;
        let joint = if path.contains('?') { '&' } else { '?' };
        let path = format!("/v2/{path}{joint}digest={digest}");
        let (status, _) = self
            .send("PUT", &path, Some("application/octet-stream"), blob)
            .await;
        assert_eq!(status, 201, "{path}");
    }

    /// Puts a manifest into a repository, under a tag or its digest.
    ///
    /// # Panics
    /// If the registry refuses.
    pub async fn push_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        manifest: &[u8],
    ) {
        let path = format!("/v2/{repository}/manifests/{reference}");
        let (status, _) = self.send("PUT", &path, Some(media_type), manifest).await;
        assert_eq!(status, 201, "{path}");
    }

    /// A request over plain HTTP; returns status and `Location`.
    async fn send(
        &self,
        method: &str,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> (u16, Option<String>) {
        let stream = TcpStream::connect(&self.host).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.host)
            .header("content-length", body.len());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request
            .body(Full::new(Bytes::copy_from_slice(body)))
            .unwrap();
        let response = sender.send_request(request).await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location");
        let location = location.map(|value| value.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(
            status < 400,
            "{method} {path}: {status} {}",
            String::from_utf8_lossy(&body)
        );
        (status, location)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
