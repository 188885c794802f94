//! Values of the embedded store.

use jiff::Timestamp;
use marsdb::{PropertyValue, TzId, Value as MarsValue};
use polar_model::Value;

pub(crate) fn to_store(value: Value) -> PropertyValue {
    match value {
        Value::Null => PropertyValue::Null,
        Value::Bool(flag) => PropertyValue::Bool(flag),
        Value::Int(number) => PropertyValue::Int(number),
        Value::Float(number) => PropertyValue::Float(number),
        Value::String(text) => PropertyValue::String(text),
        Value::DateTime(instant) => {
            let nanos = instant.as_nanosecond();
            let second = 1_000_000_000;
            PropertyValue::DateTime {
                epoch_seconds: i64::try_from(nanos.div_euclid(second)).unwrap_or_default(),
                nanos: i32::try_from(nanos.rem_euclid(second)).unwrap_or_default(),
                zone: TzId::Offset(0),
            }
        }
        Value::List(items) => PropertyValue::List(items.into_iter().map(to_store).collect()),
        Value::Map(entries) => PropertyValue::Map(
            entries
                .into_iter()
                .map(|(name, value)| (name, to_store(value)))
                .collect(),
        ),
    }
}

pub(crate) fn from_store(value: MarsValue) -> Value {
    match value {
        MarsValue::Null => Value::Null,
        MarsValue::Property(property) => from_property(property),
        MarsValue::Literal(literal) => from_literal(literal),
        MarsValue::List(items) => Value::List(items.into_iter().map(from_store).collect()),
        MarsValue::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(name, value)| (name, from_store(value)))
                .collect(),
        ),
        MarsValue::Node(node) => from_properties(node.props),
        MarsValue::Edge(edge) => from_properties(edge.props),
        // No statement of this project returns a path.
        MarsValue::Path(_) => Value::Null,
    }
}

fn from_properties(props: impl IntoIterator<Item = (String, PropertyValue)>) -> Value {
    Value::Map(
        props
            .into_iter()
            .map(|(name, value)| (name, from_property(value)))
            .collect(),
    )
}

fn from_literal(literal: marsdb::Literal) -> Value {
    use marsdb::Literal;
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(flag) => Value::Bool(flag),
        Literal::Int(number) => Value::Int(number),
        Literal::Float(number) => Value::Float(number),
        Literal::String(text) => Value::String(text),
        other => Value::String(format!("{other:?}")),
    }
}

fn from_property(value: PropertyValue) -> Value {
    match value {
        PropertyValue::Null => Value::Null,
        PropertyValue::Bool(flag) => Value::Bool(flag),
        PropertyValue::Int(number) => Value::Int(number),
        PropertyValue::Float(number) => Value::Float(number),
        PropertyValue::String(text) => Value::String(text),
        PropertyValue::DateTime {
            epoch_seconds,
            nanos,
            ..
        } => Timestamp::new(epoch_seconds, nanos).map_or(Value::Null, Value::DateTime),
        PropertyValue::List(items) => Value::List(items.into_iter().map(from_property).collect()),
        PropertyValue::Map(entries) => from_properties(entries),
        // Kinds that this project never writes, shown as the store shows them.
        other => Value::String(format!("{other:?}")),
    }
}
