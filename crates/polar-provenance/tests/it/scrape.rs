//! Asking a running agent over HTTP.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use crate::common::command;

pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// An answer: status, head and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends bytes and reads until the other side ends the connection.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // What is refused half-way is not read to its end.
    drop(stream.write_all(request));
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

/// A running agent with a listener.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: SocketAddr,
    lines: Receiver<String>,
    log: Vec<String>,
}

impl Served {
    /// Starts an agent, and waits until it listens.
    pub(crate) fn start(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut all = vec!["agent", "--listen", "127.0.0.1:0", "--log-format", "json"];
        all.extend(args);
        let mut child = command(&all, variables).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        let mut log = Vec::new();
        let address = loop {
            let Ok(line) = lines.recv_timeout(PATIENCE) else {
                panic!("it never listened: {log:#?}");
            };
            let told: serde_json::Value = serde_json::from_str(&line).unwrap();
            log.push(line);
            if told["message"] == "listening" {
                break told["address"].as_str().unwrap().parse().unwrap();
            }
        };
        Self {
            child,
            address,
            lines,
            log,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n");
        exchange(self.address, request.as_bytes())
    }

    /// The numbers.
    pub(crate) fn numbers(&self) -> BTreeMap<String, f64> {
        let answer = self.get("/metrics");
        assert_eq!(answer.status, 200, "{answer:?}");
        parse(&answer.body)
    }

    /// Waits until a path answers so.
    pub(crate) fn wait_for(&self, path: &str, status: u16) -> Answer {
        let begin = Instant::now();
        loop {
            let answer = self.get(path);
            if answer.status == status {
                return answer;
            }
            assert!(begin.elapsed() < PATIENCE, "{path}: {answer:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until the numbers are so.
    pub(crate) fn wait_until(&self, is_so: impl Fn(&BTreeMap<String, f64>) -> bool) {
        let begin = Instant::now();
        loop {
            let numbers = self.numbers();
            if is_so(&numbers) {
                return;
            }
            let log = || self.lines.try_iter().collect::<Vec<_>>();
            assert!(begin.elapsed() < PATIENCE, "{numbers:#?}{:#?}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Asks it to stop, waits for its end, and hands out its log; nothing listens any more.
    pub(crate) fn stop(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        self.log.extend(self.lines.iter());
        assert!(status.success(), "{:#?}", self.log);
        assert!(TcpStream::connect(self.address).is_err());
        std::mem::take(&mut self.log)
    }
}

impl Drop for Served {
    /// A test that failed leaves no agent behind.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The samples by their series. Strict: each has its name told before, with a help and a type that
/// fits, comes once, and all of a name come together.
pub(crate) fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'));
    let mut numbers = BTreeMap::new();
    let (mut name, mut kind, mut told) = ("", "", Vec::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (new, text) = help.split_once(' ').unwrap();
            assert!(!text.is_empty() && !told.contains(&new), "{line}");
            told.push(new);
            (name, kind) = (new, "");
        } else if let Some(what) = line.strip_prefix("# TYPE ") {
            let (of, what) = what.split_once(' ').unwrap();
            assert_eq!(of, name, "{line}");
            assert!(["counter", "gauge", "histogram"].contains(&what), "{line}");
            kind = what;
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let of = series.split('{').next().unwrap();
            let suffix = of.strip_prefix(name).unwrap_or_else(|| panic!("{line}"));
            let fits = match kind {
                "counter" => suffix.is_empty() && name.ends_with("_total"),
                "gauge" => suffix.is_empty() && !name.ends_with("_total"),
                _ => kind == "histogram" && ["_bucket", "_sum", "_count"].contains(&suffix),
            };
            assert!(fits, "{kind} {line}");
            let value: f64 = value.parse().unwrap();
            assert!(value >= 0.0, "{line}");
            let before = numbers.insert(series.to_owned(), value);
            assert_eq!(before, None, "{line}");
        }
    }
    numbers
}
