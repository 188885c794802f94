//! What somebody asks about, as people type it.

use polar_graph::{GraphError, GraphStore, Row, Statement};
use polar_model::{Label, Value};
use polar_normalize::{ImageRef, Options, parse};

use crate::near::{similar, split_label};

/// Names that are listed where several have the one that was given.
const LISTED: usize = 20;

/// What can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A pod or a workload.
    Running,
    /// An image.
    Image,
    /// A commit.
    Commit,
    /// A merge request.
    MergeRequest,
}

/// What is asked about.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A pod (`KubePod`) or a workload (`KubeDeployment`).
    Running {
        /// Its label.
        label: Label,
        /// Its key.
        key: String,
    },
    /// An image.
    Image(ImageTarget),
    /// A commit by its object id.
    Commit(String),
    /// A merge request by its key, `instance/project!iid`.
    MergeRequest(String),
}

/// An image by name, by digest, or both.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageTarget {
    /// Registry and repository; none if only a digest was given.
    pub name: Option<(String, String)>,
    /// In its exact case; none if none was written.
    pub tag: Option<String>,
    /// Of an index, a manifest or a config.
    pub digest: Option<String>,
}

/// A registry image that is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meant {
    /// `registry/repository:tag@digest`.
    pub key: String,
    /// Tag in its exact case.
    pub tag: String,
    /// Digest of the index or manifest that the tag pointed to.
    pub digest: String,
    /// Whether the registry has it under the name that was given; else it has the same bytes.
    pub same_name: bool,
}

/// Why nothing can be answered.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The graph is out of reach, or refuses a query.
    #[error("{0}")]
    Graph(#[from] GraphError),
    /// The graph has nothing of this name.
    #[error("the graph has no {} `{target}`{}", named(.kinds), listed("; near it are", .similar))]
    Unknown {
        /// As given.
        target: String,
        /// What was looked for.
        kinds: Vec<Kind>,
        /// What may be meant.
        similar: Vec<String>,
    },
    /// Several have this name.
    #[error("`{target}` is the name of several{}", listed("; give one of", .names))]
    Ambiguous {
        /// As given.
        target: String,
        /// A name of each that means it alone.
        names: Vec<String>,
    },
    /// It is neither known nor a reference.
    #[error("`{target}` is no image reference: {reason}{}", caret(.target, *.offset))]
    Malformed {
        /// As given.
        target: String,
        /// What is wrong with it as a reference.
        reason: String,
        /// Where, in bytes.
        offset: Option<usize>,
    },
}

fn named(kinds: &[Kind]) -> String {
    let names = kinds.iter().map(|kind| match kind {
        Kind::Running => "pod or workload",
        Kind::Image => "image",
        Kind::Commit => "commit",
        Kind::MergeRequest => "merge request",
    });
    names.collect::<Vec<_>>().join(" or ")
}

fn listed(before: &str, names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("{before}\n  {}", names.join("\n  ")),
    }
}

/// The text with a mark below the place.
fn caret(target: &str, offset: Option<usize>) -> String {
    let Some(before) = offset.and_then(|offset| target.get(..offset)) else {
        return String::new();
    };
    if target.chars().any(char::is_control) {
        return String::new();
    }
    let blanks = " ".repeat(before.chars().count());
    format!("\n  {target}\n  {blanks}^")
}

/// Finds what a text means: a pod or workload (`cluster/namespace/pod`, `namespace/workload`, a name,
/// `Kind/name`), a commit (at least seven digits), a merge request (`project!iid`, or its address) or
/// an image; or any of them as `Label:key`.
///
/// # Errors
/// [`TargetError`] says what is near, or lists those that have the name.
pub async fn resolve(
    store: &dyn GraphStore,
    options: &Options,
    text: &str,
    kinds: &[Kind],
) -> Result<Target, TargetError> {
    let wants = |kind| kinds.contains(&kind);
    let unknown = async |store| {
        Ok::<_, GraphError>(TargetError::Unknown {
            target: text.to_owned(),
            kinds: kinds.to_vec(),
            similar: similar(store, text).await?,
        })
    };
    if let Some((label, key)) = split_label(text) {
        let found = by_key(store, label, key).await?;
        return match found.and_then(|_| of_label(label, key, kinds)) {
            Some(target) => Ok(target),
            None => Err(unknown(store).await?),
        };
    }
    if wants(Kind::MergeRequest)
        && let Some(key) = merge_request(store, text).await?
    {
        return Ok(Target::MergeRequest(key));
    }
    if wants(Kind::Commit)
        && let Some(oid) = commit(store, text).await?
    {
        return Ok(Target::Commit(oid));
    }
    if wants(Kind::Running)
        && let Some((label, key)) = running(store, text).await?
    {
        return Ok(Target::Running { label, key });
    }
    if !wants(Kind::Image) {
        return Err(unknown(store).await?);
    }
    let image = match ImageTarget::read(text, options) {
        Ok(image) => image,
        Err(error) if wants(Kind::Running) && !text.contains([':', '@']) => {
            let unknown = unknown(store).await?;
            let TargetError::Unknown { similar, .. } = &unknown else {
                return Err(unknown);
            };
            return Err(if similar.is_empty() {
                malformed(text, &error)
            } else {
                unknown
            });
        }
        Err(error) => return Err(malformed(text, &error)),
    };
    if image.is_known(store).await? {
        Ok(Target::Image(image))
    } else {
        Err(unknown(store).await?)
    }
}

fn malformed(text: &str, error: &polar_normalize::Error) -> TargetError {
    TargetError::Malformed {
        target: text.to_owned(),
        reason: error.to_string(),
        offset: error.offset(),
    }
}

/// What a node is asked about as; an image by its key.
fn of_label(label: Label, key: &str, kinds: &[Kind]) -> Option<Target> {
    let (kind, target) = match label {
        Label::KubePod | Label::KubeDeployment => {
            let key = key.to_owned();
            (Kind::Running, Target::Running { label, key })
        }
        Label::GitCommit => (Kind::Commit, Target::Commit(key.to_owned())),
        Label::MergeRequest => (Kind::MergeRequest, Target::MergeRequest(key.to_owned())),
        Label::AcrImage | Label::ContainerImageTag | Label::ImageTag | Label::ImageReference => {
            let image = ImageTarget::read(key, &Options::default()).ok()?;
            (Kind::Image, Target::Image(image))
        }
        Label::ImageManifest | Label::ImageConfig => {
            (Kind::Image, Target::Image(ImageTarget::of_digest(key)))
        }
        _ => return None,
    };
    kinds.contains(&kind).then_some(target)
}

async fn by_key(
    store: &dyn GraphStore,
    label: Label,
    key: &str,
) -> Result<Option<Row>, GraphError> {
    let text = cypher_text!("target-by-key").replace("{{label}}", label.as_str());
    let rows = store.read(Statement::new(text).with("key", key)).await?;
    Ok(rows.into_iter().next())
}

/// `instance/project!iid`, `project!iid`, or the address of its page.
async fn merge_request(store: &dyn GraphStore, text: &str) -> Result<Option<String>, TargetError> {
    let address = text
        .strip_prefix("https://")
        .or(text.strip_prefix("http://"));
    let written = match address.and_then(|address| address.split_once("/-/merge_requests/")) {
        Some((project, rest)) => {
            let iid: String = rest.chars().take_while(char::is_ascii_digit).collect();
            format!("{project}!{iid}")
        }
        None => text.to_owned(),
    };
    if !written.contains('!') {
        return Ok(None);
    }
    let mut keys = Vec::new();
    if by_key(store, Label::MergeRequest, &written)
        .await?
        .is_some()
    {
        keys.push(written);
    } else {
        for row in store.read(cypher!("target-instances")).await? {
            let scope = row.text("scope");
            let instance = scope.split('/').next().unwrap_or(scope);
            let key = format!("{instance}/{written}");
            if !keys.contains(&key) && by_key(store, Label::MergeRequest, &key).await?.is_some() {
                keys.push(key);
            }
        }
    }
    one(text, keys)
}

/// A commit by its object id, or the first seven or more of its digits.
async fn commit(store: &dyn GraphStore, text: &str) -> Result<Option<String>, TargetError> {
    let is_id = (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_id {
        return Ok(None);
    }
    let prefix = text.to_ascii_lowercase();
    let rows = store
        .read(cypher!("target-commits").with("prefix", prefix))
        .await?;
    one(text, keys(&rows))
}

/// A pod or a workload by one of its names.
async fn running(
    store: &dyn GraphStore,
    text: &str,
) -> Result<Option<(Label, String)>, TargetError> {
    let parts: Vec<_> = text.split('/').collect();
    let Some(name) = parts.last().copied().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for (label, statement) in [
        (Label::KubePod, cypher!("target-pods")),
        (Label::KubeDeployment, cypher!("target-workloads")),
    ] {
        let rows = store.read(statement.with("name", name)).await?;
        let fits = rows.iter().filter(|row| fits(row, &parts));
        found.extend(fits.map(|row| {
            (
                label,
                row.text("key").to_owned(),
                row.text("told").to_owned(),
            )
        }));
    }
    match found.as_slice() {
        [] => Ok(None),
        [(label, key, _)] => Ok(Some((*label, key.clone()))),
        several => {
            let mut names: Vec<_> = several.iter().map(|(_, _, told)| told.clone()).collect();
            names.dedup();
            if names.len() < several.len() {
                // The same name again, after the one before it was deleted.
                let full = several.iter();
                names = full
                    .map(|(label, key, _)| format!("{}:{key}", label.as_str()))
                    .collect();
            }
            names.truncate(LISTED);
            Err(TargetError::Ambiguous {
                target: text.to_owned(),
                names,
            })
        }
    }
}

/// Whether what stands before the name is the node's cluster, namespace and kind, as far as it goes.
fn fits(row: &Row, parts: &[&str]) -> bool {
    let [cluster, namespace, kind] =
        ["cluster", "namespace", "kind"].map(|column| row.text(column));
    match parts {
        [_] => true,
        [before, _] => *before == namespace || *before == kind,
        [first, second, _] => {
            (*first == cluster && *second == namespace) || (*first == namespace && *second == kind)
        }
        [first, second, third, _] => (*first, *second, *third) == (cluster, namespace, kind),
        _ => false,
    }
}

fn keys(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.text("key").to_owned()).collect()
}

fn one(text: &str, mut keys: Vec<String>) -> Result<Option<String>, TargetError> {
    if keys.len() < 2 {
        return Ok(keys.pop());
    }
    keys.truncate(LISTED);
    Err(TargetError::Ambiguous {
        target: text.to_owned(),
        names: keys,
    })
}

impl ImageTarget {
    /// Reads an image as people write it; a digest alone will do.
    ///
    /// # Errors
    /// What is wrong with it as a reference.
    pub fn read(text: &str, options: &Options) -> Result<Self, polar_normalize::Error> {
        if text.starts_with("sha256:") || text.starts_with("sha512:") {
            return Ok(Self::of_digest(text));
        }
        let image = parse(text, options)?;
        let own = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self {
            name: Some((image.registry().to_owned(), image.repository().to_owned())),
            tag: own(image.tag().filter(|_| !image.tag_defaulted())),
            digest: own(image.digest()),
        })
    }

    fn of_digest(digest: &str) -> Self {
        Self {
            name: None,
            tag: None,
            digest: Some(digest.to_owned()),
        }
    }

    /// The registry images that are meant, by tag and digest; by a digest, also those that have the
    /// same bytes under other names, after the ones with the name.
    ///
    /// # Errors
    /// If the graph is out of reach.
    pub async fn images(&self, store: &dyn GraphStore) -> Result<Vec<Meant>, GraphError> {
        let mut meant: Vec<Meant> = Vec::new();
        let mut statements = Vec::new();
        match (&self.digest, &self.name) {
            (Some(digest), _) => {
                let digest = digest.as_str();
                statements.push(cypher!("target-images-of-manifest").with("digest", digest));
                statements.push(cypher!("target-images-of-config").with("digest", digest));
            }
            (None, Some((_, repository))) => {
                let repository = repository.as_str();
                statements.push(cypher!("target-images-of-name").with("repository", repository));
            }
            (None, None) => {}
        }
        for statement in statements {
            let rows = store.read(statement).await?;
            meant.extend(rows.iter().filter_map(|row| self.meant(row)));
        }
        meant.sort_by(|a, b| (!a.same_name, &a.key).cmp(&(!b.same_name, &b.key)));
        meant.dedup();
        Ok(meant)
    }

    fn meant(&self, row: &Row) -> Option<Meant> {
        let (registry, repository, tag) = (
            row.text("registry"),
            row.text("repository"),
            row.text("tag"),
        );
        let same_name = match &self.name {
            Some(name) => (name.0.as_str(), name.1.as_str()) == (registry, repository),
            None => true,
        };
        let fits_tag = self.tag.as_ref().is_none_or(|wanted| wanted == tag);
        // A digest goes before a tag, which may have moved on since.
        let fits = self.digest.is_some() || (same_name && fits_tag);
        fits.then(|| Meant {
            key: row.text("key").to_owned(),
            tag: tag.to_owned(),
            digest: row.text("digest").to_owned(),
            same_name,
        })
    }

    /// The key of the reference that containers name it by; none for a repository as a whole.
    #[must_use]
    pub fn reference(&self) -> Option<String> {
        let (registry, repository) = self.name.as_ref()?;
        let name = match (&self.digest, &self.tag) {
            (Some(digest), _) => format!("{registry}/{repository}@{digest}"),
            (None, Some(tag)) => format!("{registry}/{repository}:{}", tag.to_lowercase()),
            (None, None) => return None,
        };
        let image: Result<ImageRef, _> = parse(&name, &Options::default());
        image.ok().map(|image| image.primary().into_owned())
    }

    /// As people write it.
    #[must_use]
    pub fn text(&self) -> String {
        let name = self
            .name
            .as_ref()
            .map(|(registry, repository)| format!("{registry}/{repository}"));
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}"));
        let digest = self.digest.as_ref().map(|digest| match &name {
            Some(_) => format!("@{digest}"),
            None => digest.clone(),
        });
        [name, tag, digest].into_iter().flatten().collect()
    }

    async fn is_known(&self, store: &dyn GraphStore) -> Result<bool, GraphError> {
        if !self.images(store).await?.is_empty() {
            return Ok(true);
        }
        let mut asked = Vec::new();
        if let Some(reference) = self.reference() {
            asked.push((Label::ImageReference, reference));
        }
        if let Some(digest) = &self.digest {
            asked.push((Label::ImageManifest, digest.clone()));
            asked.push((Label::ImageConfig, digest.clone()));
        }
        if let (Some((registry, repository)), None, None) = (&self.name, &self.tag, &self.digest) {
            asked.push((
                Label::ContainerRepository,
                format!("{registry}/{repository}"),
            ));
            let statement = cypher!("target-containers-of-name")
                .with("registry", registry.as_str())
                .with("repository", Value::from(repository.as_str()));
            if !store.read(statement).await?.is_empty() {
                return Ok(true);
            }
        }
        for (label, key) in asked {
            if by_key(store, label, &key).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
