//! Kubeconfigs, credentials and TLS.

use polar_cluster::{Cluster, ClusterOptions};
use polar_source::{Sink, SourceError};
use polar_testkit::Certificates;

use crate::world::{Read, TOKEN, World, healthy, read};

async fn wrong(options: ClusterOptions, said: &str) {
    let Read { outcome, .. } = read(options).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error, SourceError::Settings(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.contains(said), "{error}");
}

#[tokio::test]
async fn wrong_settings() {
    let world = World::new(healthy()).await;
    let options = || world.options();
    let some = |text: &str| Some(text.to_owned());
    let name = some("");
    wrong(
        ClusterOptions { name, ..options() },
        "name given to the cluster",
    )
    .await;
    for namespace in ["", "Shop", "a/b", "-a", "a?b"] {
        let namespaces = vec![namespace.to_owned()];
        wrong(
            ClusterOptions {
                namespaces,
                ..options()
            },
            "a namespace is a DNS label",
        )
        .await;
    }
    wrong(
        ClusterOptions {
            page: 0,
            ..options()
        },
        "one object at least",
    )
    .await;
    let context = some("test");
    wrong(
        ClusterOptions {
            context,
            ..options()
        },
        "it has no context test",
    )
    .await;
    let context = some("astray");
    wrong(
        ClusterOptions {
            context,
            ..options()
        },
        "it has no cluster missing",
    )
    .await;
    let kubeconfig = Some(world.folder.path().join("missing"));
    wrong(
        ClusterOptions {
            kubeconfig,
            ..options()
        },
        "No such file",
    )
    .await;
    for (name, said) in [("missing", "No such file"), ("config", "no certificate")] {
        let ca_certificate = Some(world.folder.path().join(name));
        wrong(
            ClusterOptions {
                ca_certificate,
                ..options()
            },
            said,
        )
        .await;
    }
}

#[tokio::test]
async fn wrong_kubeconfigs() {
    let world = World::new(healthy()).await;
    for (text, said) in [
        ("", "no current context"),
        ("users: [{token: hunter2", "it is no YAML"),
        ("users:\n- name: u\n  user: hunter2\n", "it is no YAML"),
        ("\u{0}\u{1}hunter2", "it is no YAML"),
    ] {
        std::fs::write(world.path(), text).unwrap();
        wrong(world.options(), said).await;
    }
    for (cluster, said) in [
        ("certificate-authority: /dev/null", "no certificate"),
        ("certificate-authority: missing.pem", "No such file"),
        ("certificate-authority-data: '***'", "certificate authority"),
        (
            "proxy-url: ftp://a:hunter2@proxy.example",
            "none of http or https",
        ),
    ] {
        world.kubeconfig(cluster, "");
        wrong(world.options(), said).await;
    }
    for (user, said) in [
        ("tokenFile: missing", "its token file"),
        ("token: \"hunter2\\n\"", "characters that no header can"),
        (
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-hunter-3}",
            "started",
        ),
        (
            "auth-provider: {name: azure, config: {password: hunter2}}",
            "cannot be had",
        ),
        (
            "client-certificate-data: aGVsbG8K\n    client-key-data: aGVsbG8K",
            "kubeconfig: ",
        ),
    ] {
        world.kubeconfig("", user);
        wrong(world.options(), said).await;
    }
    assert_eq!(world.server.asked().len(), 0);
}

#[tokio::test]
async fn a_wrong_token() {
    let world = World::new(healthy()).await;
    world.kubeconfig("", "token: hunter2-other");
    let read = world.read().await;
    let error = read.outcome.clone().unwrap_err();
    assert!(error.ends_reading());
    let error = error.to_string();
    assert!(
        error.contains("401: the credentials are missing, wrong or expired"),
        "{error}"
    );
    assert!(read.problems.is_empty() && read.complete().is_empty());
    assert_eq!(world.server.asked().len(), 1);
}

#[tokio::test]
async fn token_files_and_credential_plugins() {
    let world = World::new(healthy()).await;
    let file = world.folder.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    world.kubeconfig("", "tokenFile: token");
    world.read().await.healthy();
    world.kubeconfig("", &plugin(&format!("cat {}", file.display()), "2126"));
    world.read().await.healthy();
}

/// A user whose token a shell command prints, valid until a year.
fn plugin(command: &str, until: &str) -> String {
    let script = world_script(command, until);
    format!(
        "exec:\n      apiVersion: client.authentication.k8s.io/v1\n      \
         interactiveMode: Never\n      command: sh\n      args: ['-c', '{script}']\n      \
         env: [{{name: PASSWORD, value: hunter2}}]"
    )
}

fn world_script(command: &str, until: &str) -> String {
    format!(
        "token=$({command}) || {{ echo hunter2; echo hunter2 >&2; exit 3; }}; \
         printf ''{{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\
         \"status\":{{\"token\":\"%s\",\"expirationTimestamp\":\"{until}-01-01T00:00:00Z\"}}}}'' \
         \"$token\""
    )
}

#[tokio::test]
async fn credential_plugins_that_fail() {
    let world = World::new(healthy()).await;
    world.kubeconfig("", &plugin("false", "2126"));
    wrong(
        world.options(),
        "failed with exit status: 3: run it by hand",
    )
    .await;
    let printing = "exec: {apiVersion: client.authentication.k8s.io/v1, command: echo, \
        args: [\"{hunter2\"]}";
    world.kubeconfig("", printing);
    wrong(world.options(), "printed no ExecCredential").await;
    // kube panics at this one.
    let printed = world.folder.path().join("credential.json");
    let credential = r#"{"kind": "ExecCredential", "status": {"token": "hunter2\n"},
        "apiVersion": "client.authentication.k8s.io/v1"}"#;
    std::fs::write(&printed, credential).unwrap();
    let printing = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: cat, args: [{}]}}",
        printed.display()
    );
    world.kubeconfig("", &printing);
    wrong(world.options(), "characters that no header can").await;
    // It worked once, but its token has expired.
    let file = world.folder.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    world.kubeconfig("", &plugin(&format!("cat {}", file.display()), "2020"));
    let cluster = Cluster::connect(world.options()).await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let (sink, _seen) = Sink::channel();
    let error = cluster.observe(&sink).await.unwrap_err();
    assert!(matches!(error, SourceError::Settings(_)), "{error:?}");
    let error = error.to_string();
    assert!(
        error.contains("exit status: 3") && !error.contains("hunter2"),
        "{error}"
    );
}

#[tokio::test]
async fn tls_is_verified() {
    let certificates = Certificates::new();
    let authority = |name: &str| {
        let path = certificates.path(name);
        format!("certificate-authority: {}", path.display())
    };
    let right = authority("ca.pem");
    let world = World::tls(healthy(), &certificates, &right).await;
    world.read().await.healthy();
    let count = world.server.asked().len();
    for wrong in [authority("other-ca.pem"), String::new()] {
        world.kubeconfig(&wrong, "");
        let Read { outcome, .. } = world.read().await;
        let error = outcome.unwrap_err();
        assert!(error.ends_reading());
        let error = error.to_string();
        assert!(error.contains("/deployments: no answer: "), "{error}");
        assert!(error.contains("certificate"), "{error}");
        assert!(error.ends_with("does not vouch for this server"), "{error}");
    }
    assert_eq!(world.server.asked().len(), count);
    // An authority besides, and no verification where the user says so.
    for cluster in [authority("other-ca.pem"), String::new()] {
        world.kubeconfig(&cluster, "");
        let ca_certificate = Some(certificates.path("ca.pem"));
        let options = ClusterOptions {
            ca_certificate,
            ..world.options()
        };
        read(options).await.healthy();
    }
    world.kubeconfig("insecure-skip-tls-verify: true", "");
    world.read().await.healthy();
}
