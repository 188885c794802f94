//! How Neo4j would run a statement. The driver does not hand plans out; they are asked for over Bolt
//! 4.4, of which this speaks as much as that takes.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use polar_graph::Neo4jSettings;
use serde_json::{Map, Value, json};

/// The operators of statements' plans.
pub struct Planner(TcpStream);

const HELLO: u8 = 0x01;
const RUN: u8 = 0x10;
const PULL: u8 = 0x3F;
const SUCCESS: u8 = 0x70;

impl Planner {
    /// Connects, without TLS, and has the server count its indexes anew, as it does in time, and
    /// forget the plans that it made for earlier tests' graphs.
    ///
    /// # Panics
    /// If it cannot connect.
    #[must_use]
    pub fn connect(settings: &Neo4jSettings) -> Self {
        let address = settings.endpoint.rsplit("//").next().unwrap_or_default();
        let mut stream = TcpStream::connect(address).unwrap();
        let version = [0, 0, 4, 4];
        stream.write_all(&[0x60, 0x60, 0xB0, 0x17]).unwrap();
        stream
            .write_all(&[version, [0; 4], [0; 4], [0; 4]].concat())
            .unwrap();
        let mut chosen = [0; 4];
        stream.read_exact(&mut chosen).unwrap();
        assert_eq!(chosen, version, "the server speaks no Bolt 4.4");
        let mut planner = Self(stream);
        let login = json!({"user_agent": "polar-testkit", "scheme": "basic",
                           "principal": settings.user, "credentials": settings.password.as_str()});
        planner.ask(HELLO, &[login]);
        let counted = json!("CALL db.prepareForReplanning(60)");
        planner.ask(RUN, &[counted, json!({}), json!({})]);
        planner.ask(PULL, &[json!({"n": 1})]);
        planner
    }

    /// Each operator of the statement's plan with its details, e.g. `NodeByLabelScan pod:KubePod`.
    ///
    /// # Panics
    /// If the server refuses the statement, or shows no plan.
    pub fn operators(&mut self, statement: &str) -> Vec<String> {
        let text = format!("EXPLAIN {statement}");
        self.ask(RUN, &[json!(text), json!({}), json!({})]);
        let answer = self.ask(PULL, &[json!({"n": 1})]);
        let mut operators = Vec::new();
        collect(&answer["plan"], &mut operators);
        assert!(!operators.is_empty(), "no plan of {statement}: {answer}");
        operators
    }

    /// Sends a message, and returns what is said of its success.
    fn ask(&mut self, message: u8, fields: &[Value]) -> Value {
        let mut packed = vec![0xB0 | u8::try_from(fields.len()).unwrap(), message];
        for field in fields {
            pack(field, &mut packed);
        }
        for chunk in packed.chunks(usize::from(u16::MAX)) {
            let length = u16::try_from(chunk.len()).unwrap();
            self.0.write_all(&length.to_be_bytes()).unwrap();
            self.0.write_all(chunk).unwrap();
        }
        self.0.write_all(&[0, 0]).unwrap();
        let answer = self.message();
        let mut rest = answer.get(2..).unwrap();
        let told = unpack(&mut rest);
        assert_eq!(answer[1], SUCCESS, "the server refuses: {told}");
        told
    }

    fn message(&mut self) -> Vec<u8> {
        let mut message = Vec::new();
        loop {
            let mut length = [0; 2];
            self.0.read_exact(&mut length).unwrap();
            let length = usize::from(u16::from_be_bytes(length));
            if length == 0 && !message.is_empty() {
                return message;
            }
            let start = message.len();
            message.resize(start + length, 0);
            self.0.read_exact(&mut message[start..]).unwrap();
        }
    }
}

fn collect(plan: &Value, operators: &mut Vec<String>) {
    if let Some(name) = plan["operatorType"].as_str() {
        let name = name.split('@').next().unwrap_or_default();
        let details = plan["args"]["Details"].as_str().unwrap_or_default();
        operators.push(format!("{name} {details}"));
    }
    for child in plan["children"].as_array().into_iter().flatten() {
        collect(child, operators);
    }
}

/// `PackStream`, of texts, small numbers and maps.
fn pack(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => {
            out.push(0xD2);
            out.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            out.extend(text.as_bytes());
        }
        Value::Number(number) => out.push(u8::try_from(number.as_u64().unwrap()).unwrap()),
        Value::Object(map) => {
            out.push(0xA0 | u8::try_from(map.len()).unwrap());
            for (key, value) in map {
                pack(&json!(key), out);
                pack(value, out);
            }
        }
        other => panic!("{other} is not packed here"),
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

/// A number of so many bytes, most significant first.
fn number(bytes: &mut &[u8], length: usize) -> u64 {
    let digits = take(bytes, length).iter();
    digits.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn signed(bytes: &mut &[u8], length: usize) -> i64 {
    let shift = 64 - 8 * u32::try_from(length).unwrap();
    number(bytes, length).wrapping_shl(shift).cast_signed() >> shift
}

fn unpack(bytes: &mut &[u8]) -> Value {
    let marker = take(bytes, 1)[0];
    let small = usize::from(marker & 0x0F);
    let length =
        |bytes: &mut &[u8], of: u8| usize::try_from(number(bytes, 1 << (marker - of))).unwrap();
    match marker {
        0xC0 => Value::Null,
        0xC1 => json!(f64::from_bits(number(bytes, 8))),
        0xC2 | 0xC3 => json!(marker == 0xC3),
        0xC8..=0xCB => json!(signed(bytes, 1 << (marker - 0xC8))),
        0x00..=0x7F | 0xF0..=0xFF => json!(marker.cast_signed()),
        0x80..=0x8F => text(bytes, small),
        0xD0..=0xD2 => {
            let length = length(bytes, 0xD0);
            text(bytes, length)
        }
        0x90..=0x9F => list(bytes, small),
        0xD4..=0xD6 => {
            let length = length(bytes, 0xD4);
            list(bytes, length)
        }
        0xA0..=0xAF => map(bytes, small),
        0xD8..=0xDA => {
            let length = length(bytes, 0xD8);
            map(bytes, length)
        }
        other => panic!("the marker {other:#x} is not unpacked here"),
    }
}

fn text(bytes: &mut &[u8], length: usize) -> Value {
    json!(String::from_utf8_lossy(take(bytes, length)))
}

fn list(bytes: &mut &[u8], length: usize) -> Value {
    (0..length).map(|_| unpack(bytes)).collect()
}

fn map(bytes: &mut &[u8], length: usize) -> Value {
    let mut all = Map::new();
    for _ in 0..length {
        let key = unpack(bytes);
        let value = unpack(bytes);
        all.insert(key.as_str().unwrap_or_default().to_owned(), value);
    }
    Value::Object(all)
}
