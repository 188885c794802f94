//! docs/observations.md is about the schema that this build reads.

use polar_model::{Observation, ParsedLine, parse_line};

const TEXT: &str = include_str!("../../../docs/observations.md");

#[test]
fn each_type_has_a_section_with_a_valid_example() {
    for name in Observation::TYPES {
        let (_, section) = TEXT
            .split_once(&format!("\n## {name}\n"))
            .unwrap_or_else(|| panic!("no section for {name}"));
        let (_, example) = section.split_once("```json\n").unwrap();
        let example = example.lines().next().unwrap();
        let parsed = parse_line(example).unwrap();
        let ParsedLine::Known {
            observation,
            unknown_fields,
        } = parsed
        else {
            panic!("{name}: {parsed:?}");
        };
        assert_eq!(observation.type_name(), *name);
        assert_eq!(unknown_fields, [] as [&str; 0], "{name}");
        // Every field of the type is in its table.
        let body = serde_json::to_value(&observation).unwrap();
        let section = section.split("\n## ").next().unwrap();
        for field in body
            .as_object()
            .unwrap()
            .keys()
            .filter(|field| *field != "type")
        {
            assert!(
                section.contains(&format!("\n| `{field}` |")),
                "{name}.{field}"
            );
        }
    }
}
