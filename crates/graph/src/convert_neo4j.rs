//! Values on the wire to Neo4j.

use jiff::Timestamp;
use neo4rs::{BoltList, BoltMap, BoltNull, BoltString, BoltType};
use polar_model::Value;

pub(crate) fn to_bolt(value: &Value) -> BoltType {
    match value {
        Value::Null => BoltType::Null(BoltNull),
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::DateTime(instant) => datetime(*instant),
        Value::List(items) => {
            let mut list = BoltList::with_capacity(items.len());
            for item in items {
                list.push(to_bolt(item));
            }
            BoltType::List(list)
        }
        Value::Map(entries) => {
            let mut map = BoltMap::with_capacity(entries.len());
            for (name, value) in entries {
                map.put(BoltString::from(name.as_str()), to_bolt(value));
            }
            BoltType::Map(map)
        }
    }
}

fn datetime(instant: Timestamp) -> BoltType {
    let nanos = instant.as_nanosecond();
    let second = 1_000_000_000;
    let seconds = i64::try_from(nanos.div_euclid(second)).unwrap_or_default();
    let nanos = u32::try_from(nanos.rem_euclid(second)).unwrap_or_default();
    chrono::DateTime::from_timestamp(seconds, nanos).map_or(BoltType::Null(BoltNull), |instant| {
        BoltType::DateTime(instant.fixed_offset().into())
    })
}

pub(crate) fn from_bolt(value: BoltType) -> Value {
    match value {
        BoltType::Null(_) => Value::Null,
        BoltType::Boolean(flag) => Value::Bool(flag.value),
        BoltType::Integer(number) => Value::Int(number.value),
        BoltType::Float(number) => Value::Float(number.value),
        BoltType::String(text) => Value::String(text.value),
        BoltType::List(list) => Value::List(list.value.into_iter().map(from_bolt).collect()),
        BoltType::Map(map) => from_map(map),
        BoltType::Node(node) => from_map(node.properties),
        BoltType::Relation(edge) => from_map(edge.properties),
        BoltType::DateTime(instant) => (&instant)
            .try_into()
            .ok()
            .and_then(|instant: chrono::DateTime<chrono::FixedOffset>| {
                let nanos = i32::try_from(instant.timestamp_subsec_nanos()).ok()?;
                Timestamp::new(instant.timestamp(), nanos).ok()
            })
            .map_or(Value::Null, Value::DateTime),
        // Kinds that this project never writes, shown as the driver shows them.
        other => Value::String(format!("{other:?}")),
    }
}

fn from_map(map: BoltMap) -> Value {
    Value::Map(
        map.value
            .into_iter()
            .map(|(name, value)| (name.value, from_bolt(value)))
            .collect(),
    )
}
