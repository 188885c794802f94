//! Each fault at each request in turn.

use std::{sync::Arc, time::Duration};

use polar_gitlab::What;
use polar_source::SourceError;
use polar_testkit::{Answer, Fault};

use crate::{
    objects::world,
    world::{PROJECTS, Read, observe, options, serve},
};

/// Attempts of a request, as the options say.
const ATTEMPTS: usize = 3;

/// Readings at the same time: most of their time they wait.
const TOGETHER: usize = 12;

fn busy() -> Fault {
    Fault::Instead(Answer::status(429).header("retry-after", "0"))
}

fn slow() -> Fault {
    Fault::Slow(Duration::from_millis(2_500))
}

/// What becomes of a reading whose requests fail.
struct Failed {
    read: Read,
    /// The request that failed first, and its number.
    number: usize,
    path: String,
}

/// Reads the world once for each of its requests: that one fails, and so do the ones after it up
/// to `times` in all.
async fn each(fault: Fault, times: Option<usize>, check: impl Fn(&Read, Failed)) {
    let server = serve(world()).await;
    let healthy = observe(options(&server.url, What::Everything)).await;
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert!(paths.len() > 40);
    let paths = Arc::new(paths);
    for chunk in (0..paths.len()).collect::<Vec<_>>().chunks(TOGETHER) {
        let mut running = Vec::new();
        for &number in chunk {
            let (fault, path) = (fault.clone(), paths[number].clone());
            running.push(tokio::spawn(async move {
                let server = serve(world()).await;
                match times {
                    Some(times) => {
                        (0..times).for_each(|n| server.fail(number + n, fault.clone()));
                    }
                    None => server.fail_from(number, fault),
                }
                let read = observe(options(&server.url, What::Everything)).await;
                Failed { read, number, path }
            }));
        }
        for failed in running {
            check(&healthy, failed.await.unwrap());
        }
    }
}

#[tokio::test]
async fn what_passes_changes_nothing() {
    for fault in [
        busy(),
        Fault::status(500),
        Fault::status(503),
        Fault::Reset,
        Fault::Truncated,
        slow(),
    ] {
        each(fault.clone(), Some(1), |healthy, failed| {
            let Failed { read, path, .. } = failed;
            assert_eq!(read.problems, [""; 0], "{fault:?} at {path}");
            assert_eq!(read.facts, healthy.facts, "{fault:?} at {path}");
        })
        .await;
    }
}

/// Checks that what failed is not complete, nor the instance; gives the other projects that are.
fn others_complete(failed: &Failed) -> Vec<&str> {
    let Failed { read, path, .. } = failed;
    let complete = read.complete("gitlab");
    assert!(!complete.contains(&""), "{path}: {complete:?}");
    let concerned = PROJECTS.iter().find(|(start, _)| path.starts_with(start));
    if let Some((_, name)) = concerned {
        assert!(!complete.contains(name), "{path}: {complete:?}");
    }
    if path.contains("/registry/repositories/2/") {
        let scope = "registry.example.com:5050/shop/checkout";
        assert!(!read.complete("registry").contains(&scope), "{path}");
    }
    complete
}

#[tokio::test]
async fn what_lasts_at_one_address_is_left_out_alone() {
    for (fault, times) in [
        (busy(), ATTEMPTS),
        (Fault::status(500), ATTEMPTS),
        (Fault::Reset, ATTEMPTS),
        (Fault::Truncated, ATTEMPTS),
        (slow(), ATTEMPTS),
        (Fault::html(), 1),
        (Fault::status(400), 1),
    ] {
        each(fault.clone(), Some(times), |_, failed| {
            let others = others_complete(&failed);
            let Failed { read, path, number } = &failed;
            if let Err(error) = &read.outcome {
                // Nobody answered at all.
                assert_eq!(*number, 0, "{error}");
                assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
                return;
            }
            assert_eq!(
                read.problems.len(),
                1,
                "{fault:?} at {path}: {:?}",
                read.problems
            );
            if path != "/api/v4/projects" {
                assert_eq!(others.len(), 2, "{fault:?} at {path}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_that_expires_ends_the_reading() {
    for times in [Some(1), None] {
        each(Fault::status(401), times, |healthy, failed| {
            let others = others_complete(&failed);
            let error = failed.read.outcome.as_ref().unwrap_err();
            assert!(matches!(error, SourceError::Refused { status: 401, .. }));
            // What was read before has landed.
            let facts = &failed.read.facts;
            assert_eq!(**facts, healthy.facts[..facts.len()]);
            let all = healthy.complete("gitlab");
            assert_eq!(others, all[..others.len()]);
        })
        .await;
    }
}

#[tokio::test]
async fn what_lasts_everywhere() {
    for fault in [
        Fault::status(500),
        Fault::Reset,
        Fault::Truncated,
        Fault::html(),
    ] {
        each(fault.clone(), None, |_, failed| {
            others_complete(&failed);
            let Failed { read, number, path } = failed;
            let is_silent = matches!(fault, Fault::Reset | Fault::Truncated);
            match read.outcome {
                Err(error) => {
                    assert!(is_silent, "{error}");
                    assert!(matches!(error, SourceError::Unreachable { .. }), "{error}");
                    assert!(read.problems.len() < 3, "{:?}", read.problems);
                }
                Ok(outcome) => {
                    assert!(!outcome.complete, "{fault:?} at {number} {path}");
                    assert!(!read.problems.is_empty());
                }
            }
        })
        .await;
    }
}
