//! The mappings that come with the program.

use crate::{Mapping, MappingError};

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../mappings/polar/", $name, ".cypher"))),)*]
    };
}

const FILES: &[(&str, &str)] = files![
    "gitlab-project",
    "gitlab-pipeline",
    "gitlab-job",
    "gitlab-package",
    "git-commit",
    "container-repository",
    "registry-tag",
    "registry-artifact",
    "registry-instance",
    "image-manifest",
    "image-platform",
    "image-config",
    "pipeline-image",
    "pipeline-artifact",
    "kube-workload",
    "kube-pod",
    "kube-workload-deleted",
    "kube-pod-deleted",
    "identifies-pod-container",
    "identifies-container-image",
    "identifies-registry-tag",
];

/// The built-in mappings, in the order they run.
///
/// # Errors
/// None as released: a test parses them all.
pub fn builtin_mappings() -> Result<Vec<Mapping>, MappingError> {
    FILES
        .iter()
        .map(|(name, text)| Mapping::parse(name, text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_listed_and_parses() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/mappings/polar");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let mappings = builtin_mappings().unwrap();
        let mut listed: Vec<_> = mappings.into_iter().map(|mapping| mapping.name).collect();
        listed.sort();
        assert_eq!(listed, files);
    }

    #[test]
    fn each_mapping_is_documented() {
        let page = include_str!("../../../docs/dialects.md");
        for mapping in builtin_mappings().unwrap() {
            assert!(
                page.contains(&format!("`{}`", mapping.name)),
                "{}",
                mapping.name
            );
            for (label, property) in mapping.indexes {
                assert!(
                    page.contains(&format!("`{label}.{property}`")),
                    "{label}.{property}"
                );
            }
        }
    }
}
