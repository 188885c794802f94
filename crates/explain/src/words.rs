//! Edges in words.

use std::collections::BTreeSet;

use polar_rules::{Hop, Place};

use crate::answer::Found;

/// What an edge type says of its two ends: the one it starts at, and the one it leads to.
const VERBS: &[(&str, &str)] = &[
    ("APPROVED", "approved"),
    ("ATTESTS", "is attached to"),
    ("BEGINS_WITH", "begins with"),
    ("BROUGHT", "brought in"),
    ("BUILT_FROM", "was built from"),
    ("CLAIMS", "names"),
    ("HOLDS", "holds"),
    ("IDENTIFIES", "identifies"),
    ("OF_COMMIT", "ran on"),
    ("OF_MANIFEST", "was pushed as"),
    ("OF_TAG", "goes under"),
    ("POINTED_TO", "pointed to"),
    ("PRODUCED", "reported that it pushed"),
    ("PUSHED", "pushed"),
    ("RAN_DURING", "ran during the push of"),
    ("REPORTS", "is reported to run"),
    ("REPORTS_CONFIG", "is reported to run"),
    ("RESULTED_IN", "resulted in"),
    ("REVIEWED", "reviewed"),
    ("RUNS", "runs"),
    ("SAME_AS", "is the same as"),
    ("TAGGED_WITH", "has in its tag"),
];

fn verb(types: &[String]) -> String {
    let one = |name: &String| {
        let known = VERBS.iter().find(|(edge, _)| edge == name);
        match known {
            Some((_, verb)) => (*verb).to_owned(),
            None if name.starts_with("HAS_") => "has".to_owned(),
            None => name.to_lowercase().replace('_', " "),
        }
    };
    let verbs: Vec<_> = types.iter().map(one).collect();
    if verbs.is_empty() {
        "is linked to".to_owned()
    } else {
        verbs.join(" or ")
    }
}

/// That a hop leads nowhere, from the nodes at its near end; at its far end some are known where it would
/// have closed a circle. Of each end: the first nodes, and how many there are. An edge that one of the hops
/// `before` took is not taken again.
pub(crate) fn nothing(
    before: &[Hop],
    hop: &Hop,
    near: (&[Found], u64),
    far: (&[Found], u64),
) -> String {
    let label = |place: &Place| place.label.clone().unwrap_or_else(|| "node".to_owned());
    let ends = |hop: &Hop| BTreeSet::from([label(&hop.near), label(&hop.far)]);
    let is_alike = |other: &Hop| other.types == hop.types && ends(other) == ends(hop);
    let (from, mut to) = (label(&hop.near), label(&hop.far));
    if before.iter().any(is_alike) {
        to = format!("further {to}");
    }
    if hop.types.is_empty() && !hop.text.contains(")-") {
        return format!("there is no {to}");
    }
    let verb = verb(&hop.types);
    match (hop.starts_near, near, far) {
        (true, ([near], 1), (_, 0)) => format!("{} {verb} no {to}", near.key),
        (false, ([near], 1), (_, 0)) => format!("no {to} {verb} {}", near.key),
        (true, (_, count), (_, 0)) => format!("none of the {count} {from} {verb} any {to}"),
        (false, (_, count), (_, 0)) => format!("no {to} {verb} any of the {count} {from}"),
        (true, ([near], 1), _) => format!("{} {verb} no such {to}", near.key),
        (false, _, ([far], 1)) => format!("{} {verb} no such {from}", far.key),
        (true, ..) => format!("no such {from} {verb} any such {to}"),
        (false, ..) => format!("no such {to} {verb} any such {from}"),
    }
}
