//! Side by side: this crate, and the two others with what they would need to give the same outputs.
//!
//! Each side turns the same inputs into a form and its version 5 UUID, or an error. The sides take turns,
//! round by round, so that what else the machine does hits all of them; the figure is the median round.
//! Then the same for parsing and the form without the UUID, and the memory of a million kept references.
//!
//! `cargo bench -p polar-normalize`, one thread, about a quarter of a minute.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use container_image_dist_ref::ImgRef;
use oci_spec::distribution::Reference;
use polar_normalize::{Options, Uuid, parse};
use sha1::{Digest, Sha1};

/// How long each side runs at least, all rounds together.
const ENOUGH: Duration = Duration::from_secs(2);
const CORPUS: usize = 20_000;

/// The valid inputs and the bytes of their forms: what a side must not skip.
#[derive(Clone, Copy, Default)]
struct Tally {
    valid: usize,
    form_bytes: usize,
}

type Pass = fn(&[&str]) -> Tally;

fn main() {
    // One text, as from a file or a stream: the benchmark is not one of cache misses.
    let corpus = corpus().join("\n");
    let corpus: Vec<&str> = corpus.lines().collect();
    compare(
        "form and UUID",
        &corpus,
        &[
            ("polar-normalize", |inputs| {
                let options = Options::default();
                tally(inputs, |input| {
                    let image = parse(input, &options).ok()?;
                    black_box(image.primary_uuid());
                    Some(black_box(image.primary()).len())
                })
            }),
            ("container_image_dist_ref", |inputs| {
                tally(inputs, |input| with_uuid(dist_ref_form(input)?, v5))
            }),
            ("container_image_dist_ref, SHA-1 as ours", |inputs| {
                tally(inputs, |input| with_uuid(dist_ref_form(input)?, v5_of_sha1))
            }),
            ("oci-spec", |inputs| {
                tally(inputs, |input| with_uuid(oci_spec_form(input)?, v5))
            }),
        ],
    );
    compare(
        "form alone",
        &corpus,
        &[
            ("polar-normalize", |inputs| {
                let options = Options::default();
                tally(inputs, |input| {
                    Some(black_box(parse(input, &options).ok()?.primary()).len())
                })
            }),
            ("container_image_dist_ref", |inputs| {
                tally(inputs, |input| Some(black_box(dist_ref_form(input)?).len()))
            }),
            ("oci-spec", |inputs| {
                tally(inputs, |input| Some(black_box(oci_spec_form(input)?).len()))
            }),
        ],
    );
    println!("\nresident memory of 1,000,000 kept references, MiB");
    let options = Options::default();
    kept("polar-normalize ImageRef", &corpus, |input| {
        parse(input, &options).ok()
    });
    kept("container_image_dist_ref form", &corpus, dist_ref_form);
    kept("oci-spec Reference", &corpus, |input| {
        input.parse::<Reference>().ok()
    });
}

fn compare(title: &str, corpus: &[&str], sides: &[(&str, Pass)]) {
    let mut rounds = vec![Vec::new(); sides.len()];
    let mut tallies = vec![Tally::default(); sides.len()];
    while rounds
        .iter()
        .any(|times| times.iter().sum::<Duration>() < ENOUGH)
    {
        for (side, (_, pass)) in sides.iter().enumerate() {
            let start = Instant::now();
            tallies[side] = black_box(pass(black_box(corpus)));
            rounds[side].push(start.elapsed());
        }
    }
    println!(
        "\n{title}: {} references, {} rounds, median round",
        corpus.len(),
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
            times[times.len() / 2].as_secs_f64() / corpus.len() as f64
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

/// Holds a million values and prints what the process has grown by.
fn kept<T>(name: &str, corpus: &[&str], make: impl Fn(&str) -> Option<T>) {
    let before = resident();
    let kept: Vec<T> = corpus.iter().filter_map(|input| make(input)).collect();
    let mut all = vec![kept];
    while all.iter().map(Vec::len).sum::<usize>() < 1_000_000 {
        all.push(corpus.iter().filter_map(|input| make(input)).collect());
    }
    let count: usize = all.iter().map(Vec::len).sum();
    let grown = resident().saturating_sub(before) as f64 / count as f64 * 1e6;
    println!("{name:<42}{:>12.0}", grown / f64::from(1 << 20));
    black_box(all);
}

/// Resident bytes of this process; 0 where there is no /proc.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
    kib.unwrap_or(0) * 1024
}

/// The valid vectors, and references as GitLab, cloud registries, Docker Hub and Kubernetes write them; one in
/// fifteen is invalid. Always the same ones.
fn corpus() -> Vec<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/vectors/image-references.tsv"
    );
    let text = fs::read_to_string(path).unwrap_or_default();
    let rows = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let mut corpus: Vec<String> = rows
        .filter(|row| row.get(3) == Some(&"-"))
        .map(|row| row[0].to_owned())
        .collect();
    let mut random = Random(1);
    while corpus.len() < CORPUS {
        corpus.push(random.reference());
    }
    for at in (1..corpus.len()).rev() {
        corpus.swap(at, random.below(at + 1));
    }
    corpus
}

/// Knuth's MMIX generator; the corpus needs variety, not quality.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn digest(&mut self) -> String {
        (0..16).fold("@sha256:".to_owned(), |out, _| {
            out + &format!("{:04x}", self.next() & 0xffff)
        })
    }

    fn reference(&mut self) -> String {
        let group = self.pick(&[
            "platform",
            "team-a",
            "data/etl",
            "web/front-end",
            "group/subgroup",
            "infra/k8s/base",
        ]);
        let app = self.pick(&[
            "app",
            "api-server",
            "worker",
            "frontend",
            "etl_job",
            "migrations",
            "proxy.v2",
        ]);
        let hub = self.pick(&[
            "nginx",
            "redis",
            "postgres",
            "alpine",
            "bitnami/kafka",
            "grafana/grafana",
            "library/golang",
        ]);
        let n = self.next();
        let version = match n % 6 {
            0 => format!(":{}.{}.{}", n % 5, n % 31, n % 17),
            1 => format!(":v1.{}.{}", n % 40, n % 9),
            2 => format!(":main-{n:08x}"),
            3 => format!(":{}.{}-alpine", n % 20, n % 10),
            4 => format!(":1.{}.0-RC{}", n % 30, n % 4),
            _ => String::new(),
        };
        match self.below(15) {
            0..=3 => format!("registry.gitlab.com/{group}/{app}{version}"),
            4 | 5 => format!("contoso{}.azurecr.io/{group}/{app}{version}", n % 8),
            6..=8 => format!("{hub}{version}"),
            9 => format!("registry.k8s.io/{app}/{app}{version}{}", self.digest()),
            10 => format!("{hub}{}", self.digest()),
            11 => format!("ghcr.io/acme/{app}{}", self.digest()),
            12 => format!(
                "{}.dkr.ecr.eu-west-1.amazonaws.com/{group}/{app}{version}",
                100_000_000_000 + n % 1000
            ),
            13 => format!("localhost:5000/{app}{version}"),
            _ => self
                .pick(&[
                    "registry.example.com/Team/App:1",
                    "nginx:",
                    "repo:tag:tag2",
                    "a_b.example.com/app:1",
                    "registry.example.com/team/app@sha256:abc",
                    "https://ghcr.io/acme/app",
                ])
                .to_owned(),
        }
    }
}
