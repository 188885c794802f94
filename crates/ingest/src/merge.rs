//! How what an observation says of a property meets what is known of it already. Where times are
//! kept, they are kept so that any order of observations leads to the same.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_model::Value;

use crate::facts::{BACK_AT, COMPLETE_AT, FIRST_SEEN, GONE_AT, PUSHED_AT, PUSHES, WAS_GONE_AT};

/// Properties to set; null removes one.
pub(crate) type Props = BTreeMap<&'static str, Value>;

/// Adds what a later observation knows.
pub(crate) fn merge(props: &mut Props, later: &Props) {
    for (name, value) in later {
        let present = props.get(name).unwrap_or(&Value::Null);
        let both = together(name, present, value);
        props.insert(name, both);
    }
}

/// Leaves of `props` what changes something at a node or an edge that has `present`.
pub(crate) fn retain_changes(props: &mut Props, present: &BTreeMap<String, Value>) {
    come_back(props, present);
    for (name, value) in props.iter_mut() {
        let present = present.get(*name).unwrap_or(&Value::Null);
        *value = together(name, present, value);
    }
    props.retain(|name, value| present.get(*name).unwrap_or(&Value::Null) != value);
}

/// A thing that was gone and is seen keeps the time between as history. One that was seen before it
/// was gone stays gone, whenever that is told.
fn come_back(props: &mut Props, present: &BTreeMap<String, Value>) {
    let (Some(Value::Null), Some(Value::DateTime(gone_at))) =
        (props.get(GONE_AT), present.get(GONE_AT))
    else {
        return;
    };
    // Where nobody says when it was seen, it is back without a history.
    let Some(Value::DateTime(back_at)) = props.get(FIRST_SEEN).cloned() else {
        return;
    };
    if back_at < *gone_at {
        props.remove(GONE_AT);
        return;
    }
    for (name, at) in [(WAS_GONE_AT, *gone_at), (BACK_AT, back_at)] {
        let known = present.get(name).unwrap_or(&Value::Null);
        props.insert(name, union(known, &Value::List(vec![at.into()])));
    }
}

fn together(name: &str, present: &Value, value: &Value) -> Value {
    match (name, present, value) {
        (FIRST_SEEN, Value::DateTime(present), Value::DateTime(value)) => {
            (*present).min(*value).into()
        }
        (PUSHED_AT | COMPLETE_AT, Value::DateTime(present), Value::DateTime(value)) => {
            (*present).max(*value).into()
        }
        (PUSHES, Value::List(_), Value::List(_)) => union(present, value),
        _ => value.clone(),
    }
}

/// The times in either list, in order.
fn union(a: &Value, b: &Value) -> Value {
    let times = |value: &Value| match value {
        Value::List(items) => items.clone(),
        _ => Vec::new(),
    };
    let all = times(a).into_iter().chain(times(b));
    let all: BTreeSet<Timestamp> = all
        .filter_map(|item| match item {
            Value::DateTime(at) => Some(at),
            _ => None,
        })
        .collect();
    Value::List(all.into_iter().map(Value::from).collect())
}
