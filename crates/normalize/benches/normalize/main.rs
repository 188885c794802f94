//! Side by side: this crate, the two others, and Go's reference library, with what they would need to give
//! the same outputs.
//!
//! Each side turns the same inputs into a form and its version 5 UUID, or an error. The sides take turns,
//! round by round, so that what else the machine does hits all of them; the figure is the median round.
//! Then the same for parsing and the form without the UUID, the memory of a million kept references, and
//! where Go's library gives another form.
//!
//! `cargo bench -p polar-normalize`, one thread, about a minute. Go's side needs `go`, which fetches
//! the library in the version of `go/go.sum`; without it, the benchmark says so and leaves that side out.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot go on must fail"
)]

mod corpus;
mod go;

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use container_image_dist_ref::ImgRef;
use oci_spec::distribution::Reference;
use polar_normalize::{Options, Uuid, parse};
use sha1::{Digest, Sha1};

use go::Go;

/// How long each side runs at least, all rounds together.
const ENOUGH: Duration = Duration::from_millis(500);

/// The valid inputs and the bytes of their forms: what a side must not skip.
#[derive(Clone, Copy, Default)]
struct Tally {
    valid: usize,
    form_bytes: usize,
}

/// One round over the corpus, and how long it took.
type Round<'a> = Box<dyn FnMut() -> (Duration, Tally) + 'a>;

fn main() {
    // One text, as from a file or a stream: the benchmark is not one of cache misses.
    let corpus = corpus::corpus().join("\n");
    if let Some(name) = std::env::args().skip_while(|arg| arg != "kept").nth(1) {
        let corpus: Vec<&str> = corpus.lines().collect();
        return keep(&name, &corpus);
    }
    let go = Go::start(&corpus)
        .inspect_err(|reason| println!("Go's reference library is LEFT OUT: {reason}"))
        .ok();
    let corpus: Vec<&str> = corpus.lines().collect();
    let options = Options::default();
    let in_go = |command: &'static str| {
        let round: Option<Round<'_>> = go
            .as_ref()
            .map(|go| Box::new(move || go.round(command)) as Round<'_>);
        round.map(|round| ("Go's reference library", round))
    };
    let mut sides = vec![
        side("polar-normalize", &corpus, |input| {
            let image = parse(input, &options).ok()?;
            black_box(image.primary_uuid());
            Some(black_box(image.primary()).len())
        }),
        side("container_image_dist_ref", &corpus, |input| {
            with_uuid(dist_ref_form(input)?, v5)
        }),
        side(
            "container_image_dist_ref, SHA-1 as ours",
            &corpus,
            |input| with_uuid(dist_ref_form(input)?, v5_of_sha1),
        ),
        side("oci-spec", &corpus, |input| {
            with_uuid(oci_spec_form(input)?, v5)
        }),
    ];
    sides.extend(in_go("uuid"));
    compare("form and UUID", corpus.len(), sides);
    let mut sides = vec![
        side("polar-normalize", &corpus, |input| {
            Some(black_box(parse(input, &options).ok()?.primary()).len())
        }),
        side("container_image_dist_ref", &corpus, |input| {
            Some(black_box(dist_ref_form(input)?).len())
        }),
        side("oci-spec", &corpus, |input| {
            Some(black_box(oci_spec_form(input)?).len())
        }),
    ];
    sides.extend(in_go("form"));
    compare("form alone", corpus.len(), sides);
    println!(
        "\nmemory of 1,000,000 kept references, MiB: growth of the resident memory; in Go, of the live heap"
    );
    for name in KEPT {
        print_kept(name, kept_elsewhere(name));
    }
    if let Some(go) = &go {
        print_kept("Go reference.Named", go.kept("keep named"));
        print_kept("Go form", go.kept("keep form"));
        go.agreement(&corpus, ours);
    }
}

/// A side in this process.
fn side<'a>(
    name: &'static str,
    corpus: &'a [&'a str],
    normalize: impl Fn(&str) -> Option<usize> + 'a,
) -> (&'static str, Round<'a>) {
    let round = move || {
        let start = Instant::now();
        let tally = black_box(tally(black_box(corpus), &normalize));
        (start.elapsed(), tally)
    };
    (name, Box::new(round))
}

fn compare(title: &str, references: usize, mut sides: Vec<(&str, Round<'_>)>) {
    let mut rounds = vec![Vec::new(); sides.len()];
    let mut tallies = vec![Tally::default(); sides.len()];
    while rounds
        .iter()
        .any(|times| times.iter().sum::<Duration>() < ENOUGH)
    {
        for (at, (_, round)) in sides.iter_mut().enumerate() {
            let (time, tally) = round();
            tallies[at] = tally;
            rounds[at].push(time);
        }
    }
    println!(
        "\n{title}: {references} references, {} rounds, median round",
        rounds[0].len()
    );
    println!(
        "{:<42}{:>12}{:>8}{:>8}{:>14}{:>8}",
        "", "refs/s", "ns/ref", "valid", "form bytes", "ours/it"
    );
    let per_ref: Vec<f64> = rounds
        .iter_mut()
        .map(|times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() / references as f64
        })
        .collect();
    for (side, (name, _)) in sides.iter().enumerate() {
        println!(
            "{name:<42}{:>12.0}{:>8.0}{:>8}{:>14}{:>7.2}x",
            1.0 / per_ref[side],
            per_ref[side] * 1e9,
            tallies[side].valid,
            tallies[side].form_bytes,
            per_ref[side] / per_ref[0],
        );
    }
}

fn tally(inputs: &[&str], normalize: impl Fn(&str) -> Option<usize>) -> Tally {
    inputs
        .iter()
        .fold(Tally::default(), |tally, input| match normalize(input) {
            Some(len) => Tally {
                valid: tally.valid + 1,
                form_bytes: tally.form_bytes + len,
            },
            None => tally,
        })
}

fn with_uuid(form: String, uuid: impl Fn(&str) -> Uuid) -> Option<usize> {
    black_box(uuid(&form));
    Some(black_box(form).len())
}

fn v5(form: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, form.as_bytes())
}

fn v5_of_sha1(form: &str) -> Uuid {
    let hash = Sha1::new()
        .chain_update(Uuid::NAMESPACE_URL.as_bytes())
        .chain_update(form)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

fn ours(input: &str) -> Option<String> {
    let image = parse(input, &Options::default()).ok()?;
    Some(image.primary().into_owned())
}

/// What a user of the crate would write: the defaults, lower case, one string.
fn dist_ref_form(input: &str) -> Option<String> {
    let image = ImgRef::new(input).ok()?;
    let domain = image.domain();
    let path = image.path();
    // As in Docker, a first component without dot, port or localhost is no registry.
    let first = domain.as_ref().map(|domain| domain.to_str());
    let digest = image.digest().map(|digest| digest.to_str());
    Some(form(first, path.to_str(), image.tag(), digest))
}

fn oci_spec_form(input: &str) -> Option<String> {
    let image = input.parse::<Reference>().ok()?;
    Some(form(
        Some(image.registry()),
        image.repository(),
        image.tag(),
        image.digest(),
    ))
}

fn form(registry: Option<&str>, path: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let mut form = String::with_capacity(64 + path.len() + digest.map_or(0, str::len));
    match registry {
        Some(domain) if domain.contains(['.', ':']) || domain == "localhost" => {
            form.push_str(domain);
        }
        // Not the crate's default: the first component of a repository.
        Some(namespace) => {
            form.push_str("docker.io/");
            form.push_str(namespace);
        }
        None => form.push_str("docker.io"),
    }
    if form == "docker.io" && !path.contains('/') {
        form.push_str("/library");
    }
    form.push('/');
    form.push_str(path);
    if digest.is_none() {
        form.push(':');
        form.push_str(tag.unwrap_or("latest"));
    }
    form.make_ascii_lowercase();
    if let Some(digest) = digest {
        form.push('@');
        form.push_str(digest);
    }
    form
}

/// What is kept, by a process of its own each: one that has kept before has memory at hand, and grows less.
const KEPT: [&str; 4] = [
    "polar-normalize ImageRef",
    "polar-normalize form",
    "container_image_dist_ref form",
    "oci-spec Reference",
];

/// Starts this program again to keep them: by how many bytes it grew, and for how many references.
fn kept_elsewhere(name: &str) -> (usize, usize) {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).args(["kept", name]).output();
    let output = output.expect("this program can be started again");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(bytes)), Some(Ok(count))) => (bytes, count),
        _ => panic!("{name}: {}, {text:?}", output.status),
    }
}

fn keep(name: &str, corpus: &[&str]) {
    let options = Options::default();
    match KEPT.iter().position(|kept| *kept == name) {
        Some(0) => kept(corpus, |input| parse(input, &options).ok()),
        // A copy of the exact size, without the room that making it has left.
        Some(1) => kept(corpus, |input| {
            Some(Box::<str>::from(ours(input)?.as_str()))
        }),
        Some(2) => kept(corpus, |input| {
            Some(Box::<str>::from(dist_ref_form(input)?.as_str()))
        }),
        Some(3) => kept(corpus, |input| input.parse::<Reference>().ok()),
        _ => panic!("nothing of the name {name} is kept"),
    }
}

/// Holds a million values, and prints the bytes that the process has grown by, and their exact number.
fn kept<T>(corpus: &[&str], make: impl Fn(&str) -> Option<T>) {
    let before = resident();
    let mut all: Vec<Vec<T>> = Vec::new();
    while all.iter().map(Vec::len).sum::<usize>() < 1_000_000 {
        all.push(corpus.iter().filter_map(|input| make(input)).collect());
    }
    let count: usize = all.iter().map(Vec::len).sum();
    println!("{} {count}", resident().saturating_sub(before));
    black_box(all);
}

fn print_kept(name: &str, (bytes, count): (usize, usize)) {
    let per_million = bytes as f64 / count as f64 * 1e6;
    println!("{name:<42}{:>12.0}", per_million / f64::from(1 << 20));
}

/// Resident bytes of this process; 0 where there is no /proc.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}
