//! What benchmarks share: what they ran on, sizes from the command line, and peaks of memory.

use std::fs;

/// The numbers among the arguments of the benchmark, else `default`.
#[must_use]
pub fn sizes(default: &[u64]) -> Vec<u64> {
    let arguments = std::env::args();
    let sizes: Vec<u64> = arguments.filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() {
        default.to_vec()
    } else {
        sizes
    }
}

/// Whether only another part of a benchmark was asked for: `-- embedded 10000` leaves Neo4j out.
#[must_use]
pub fn leaves_out(part: &str) -> bool {
    let parts = ["neo4j", "embedded"];
    let mut asked = std::env::args().filter(|one| parts.contains(&one.as_str()));
    let first = asked.next();
    first.is_some_and(|first| first != part && asked.all(|other| other != part))
}

/// Processor, cores and memory, and the version of Neo4j.
#[must_use]
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split(':').nth(1));
        value.unwrap_or_default().trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let neo4j = include_str!("../neo4j/pom.xml");
    let neo4j = neo4j.split("<version>").nth(2);
    let neo4j = neo4j.and_then(|rest| rest.split('<').next());
    format!(
        "{}, {cores} cores, {} of memory; Neo4j {}; rustc {}",
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        neo4j.unwrap_or("?"),
        env!("CARGO_PKG_RUST_VERSION"),
    )
}

/// The most memory that a process has had resident, in bytes.
#[must_use]
pub fn peak_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// As [`peak_of`] this process, since the last call.
#[expect(clippy::must_use_candidate, reason = "it is also called to forget")]
pub fn peak_since() -> u64 {
    let peak = peak_of(std::process::id());
    // The kernel forgets the peak; where it may not, the figure is that of the whole process.
    drop(fs::write("/proc/self/clear_refs", "5"));
    peak
}
