//! A Neo4j server of a test's own.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use polar_graph::{Neo4jSettings, Tls};
use tempfile::TempDir;

/// How long a start may take on a loaded machine.
const START: Duration = Duration::from_secs(180);

/// How to start a server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Largest heap, as `-Xmx` takes it.
    pub heap: &'static str,
    /// Further lines of the configuration.
    pub conf: String,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            heap: "1g",
            conf: String::new(),
        }
    }
}

/// A running server. It ends with this value, or with this process.
pub struct TestServer {
    home: TempDir,
    options: ServerOptions,
    password: String,
    running: Running,
}

struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    port: u16,
}

impl TestServer {
    /// Starts a server with an empty graph.
    ///
    /// # Panics
    /// If the server's files are not there, or it does not start.
    #[must_use]
    pub fn start(options: ServerOptions) -> Self {
        let home = TempDir::new().unwrap();
        // Long enough for Neo4j, and no secret: the server lives as long as the test.
        let password = format!(
            "test-{}",
            home.path().file_name().unwrap().to_string_lossy()
        );
        let running = start(home.path(), &options, &password, 0);
        Self {
            home,
            options,
            password,
            running,
        }
    }

    /// The address, `bolt://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("bolt://127.0.0.1:{}", self.running.port)
    }

    /// The port it listens on, also after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.running.port
    }

    /// The password of the user `neo4j`.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// How to reach it, without TLS.
    #[must_use]
    pub fn settings(&self) -> Neo4jSettings {
        Neo4jSettings {
            endpoint: self.endpoint(),
            user: "neo4j".to_owned(),
            password: self.password.clone().into(),
            database: None,
            tls: Tls::Scheme,
            timeout: Neo4jSettings::TIMEOUT,
        }
    }

    /// Ends it as a power cut would, and starts it again on what it left.
    ///
    /// # Panics
    /// If it does not start again.
    pub fn crash_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    /// Starts it again after [`TestServer::kill`], on what it left and on the same port.
    ///
    /// # Panics
    /// If it does not start again.
    pub fn restart(&mut self) {
        let port = self.running.port;
        self.running = start(self.home.path(), &self.options, &self.password, port);
    }

    /// Ends it as a power cut would.
    ///
    /// # Panics
    /// If it cannot be waited for.
    pub fn kill(&mut self) {
        // An error says that it has ended already.
        drop(self.running.child.kill());
        self.running.child.wait().unwrap();
    }

    /// The most that its heap has held since the last call, in bytes.
    ///
    /// # Panics
    /// If the server does not answer.
    pub fn peak_heap(&mut self) -> u64 {
        let stdin = self.running.stdin.as_mut().unwrap();
        stdin.write_all(b"heap\nreset\n").unwrap();
        stdin.flush().unwrap();
        let line = wait_for(&self.running.lines, "heap ");
        line.parse().unwrap()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.running.stdin = None;
        drop(self.running.child.kill());
        drop(self.running.child.wait());
    }
}

/// The folder with this crate's server program and configuration.
fn program() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("neo4j")
}

/// The folder with Neo4j's jars.
fn jars() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/neo4j/lib");
    let jars = std::env::var_os("TEST_NEO4J_LIB").map_or_else(default, PathBuf::from);
    assert!(
        jars.is_dir(),
        "Neo4j is not at {}: run the tests with ./test, which fetches it",
        jars.display()
    );
    jars
}

/// Port 0 is any free one.
fn start(home: &Path, options: &ServerOptions, password: &str, port: u16) -> Running {
    let conf = home.join("test.conf");
    let text = fs::read_to_string(program().join("neo.conf")).unwrap();
    fs::write(&conf, format!("{text}\n{}\n", options.conf)).unwrap();
    let mut child = Command::new("java")
        .arg(format!("-Xmx{}", options.heap))
        .args(
            ["java.nio", "sun.nio.ch", "java.lang"]
                .map(|module| format!("--add-opens=java.base/{module}=ALL-UNNAMED")),
        )
        .arg("-cp")
        .arg(format!("{}/*", jars().display()))
        .arg(program().join("TestServer.java"))
        .arg(home)
        .arg(&conf)
        .arg(port.to_string())
        .env("TEST_NEO4J_PASSWORD", password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(home.join("stderr.log")).unwrap())
        .spawn()
        .expect("java cannot be started; Java 17 is needed");
    let stdout = child.stdout.take().unwrap();
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let stdin = child.stdin.take();
    let ready =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| wait_for(&lines, "ready ")));
    let Ok(port) = ready else {
        drop(child.kill());
        let log = fs::read_to_string(home.join("stderr.log")).unwrap_or_default();
        panic!("Neo4j did not start:\n{log}");
    };
    Running {
        child,
        stdin,
        lines,
        port: port.parse().unwrap(),
    }
}

/// What follows `prefix` on the next line that begins with it.
fn wait_for(lines: &Receiver<String>, prefix: &str) -> String {
    loop {
        let line = lines.recv_timeout(START).expect("the server is silent");
        if let Some(rest) = line.strip_prefix(prefix) {
            return rest.to_owned();
        }
    }
}
