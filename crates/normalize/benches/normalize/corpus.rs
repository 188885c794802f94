//! What is normalized.

use std::fs;

const SIZE: usize = 20_000;

/// The valid vectors, and references as GitLab, cloud registries, Docker Hub and Kubernetes write them; one in
/// fifteen is invalid. Always the same ones.
pub(crate) fn corpus() -> Vec<String> {
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
    while corpus.len() < SIZE {
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
