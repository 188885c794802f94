//! Lists, page by page.

use std::collections::HashSet;

use polar_source::{SourceError, Url};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::api::{Answer, Api};

/// How often a list is begun anew because it changed too fast.
const RESTARTS: usize = 3;

/// A kind of objects that live in namespaces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// API group; empty for the core.
    pub(crate) group: &'static str,
    /// e.g. `Deployment`.
    pub(crate) kind: &'static str,
    /// e.g. `deployments`.
    pub(crate) plural: &'static str,
}

/// What is listed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) resource: &'static Resource,
    /// All, without one.
    pub(crate) namespace: Option<&'a str>,
    /// Label selector, or an empty text.
    pub(crate) labels: &'a str,
    /// Field selector, or an empty text.
    pub(crate) fields: &'a str,
    /// Objects in one page.
    pub(crate) limit: u32,
}

/// The pages of a list. Begins anew where the server has forgotten it, and then leaves out what it
/// has handed out already.
pub(crate) struct Pages<'a> {
    api: &'a Api,
    query: Query<'a>,
    next: Next,
    restarts: usize,
    /// The `uid`s of what was handed out.
    seen: HashSet<Box<str>>,
}

enum Next {
    First,
    Continue(String),
    End,
}

/// One object, unread.
pub(crate) struct Item(Box<RawValue>);

/// An object that cannot be read.
#[derive(Debug)]
pub(crate) struct BadItem {
    /// Kind, namespace and name, as far as they can be read.
    pub(crate) place: String,
    /// Why, without any text of the object.
    pub(crate) reason: String,
}

#[derive(Deserialize)]
struct List {
    kind: String,
    #[serde(default)]
    metadata: ListMeta,
    #[serde(deserialize_with = "nullable")]
    items: Vec<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    token: Option<String>,
}

/// `null` is how Go writes an empty list; a list that is not there at all is no list.
fn nullable<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Box<RawValue>>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

impl<'a> Pages<'a> {
    pub(crate) fn new(api: &'a Api, query: Query<'a>) -> Self {
        Self {
            api,
            query,
            next: Next::First,
            restarts: 0,
            seen: HashSet::new(),
        }
    }

    /// The next page; `None` after the last one.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Item>>, SourceError> {
        loop {
            let token = match &self.next {
                Next::First => None,
                Next::Continue(token) => Some(token.as_str()),
                Next::End => return Ok(None),
            };
            let answer = self.api.get(&self.query.url(token)?).await?;
            if answer.status == 410 && token.is_some() && self.restarts < RESTARTS {
                tracing::debug!(place = answer.place, "the list expired; beginning anew");
                self.restarts += 1;
                self.next = Next::First;
                continue;
            }
            let list = self.query.list(&answer)?;
            let next = list.metadata.token.filter(|token| !token.is_empty());
            if next.is_some() && next.as_deref() == token {
                return Err(unreadable(&answer, "its pages lead in a circle"));
            }
            self.next = next.map_or(Next::End, Next::Continue);
            let items = list.items.into_iter().map(Item);
            let items = items.filter(|item| match item.uid() {
                Some(uid) => self.seen.insert(uid.into_boxed_str()),
                None => true,
            });
            return Ok(Some(items.collect()));
        }
    }
}

impl Query<'_> {
    /// Path and query; the host is none.
    fn url(&self, token: Option<&str>) -> Result<Url, SourceError> {
        let Resource { group, plural, .. } = self.resource;
        let root = match *group {
            "" => "api/v1".to_owned(),
            group => format!("apis/{group}/v1"),
        };
        let namespace = self.namespace.map(|name| format!("/namespaces/{name}"));
        let namespace = namespace.unwrap_or_default();
        let mut url = Url::parse(&format!("http://cluster/{root}{namespace}/{plural}"))
            .map_err(|error| SourceError::Settings(format!("namespace: {error}")))?;
        let mut query = url.query_pairs_mut();
        query.append_pair("limit", &self.limit.to_string());
        for (name, value) in [
            ("labelSelector", self.labels),
            ("fieldSelector", self.fields),
            ("continue", token.unwrap_or_default()),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        drop(query);
        Ok(url)
    }

    fn list(&self, answer: &Answer) -> Result<List, SourceError> {
        if answer.status != 200 {
            return Err(SourceError::Refused {
                place: answer.place.clone(),
                status: answer.status,
                hint: self.hint(answer.status),
            });
        }
        let list: List = serde_json::from_slice(&answer.body)
            .map_err(|error| unreadable(answer, &shape(&error)))?;
        let wanted = format!("{}List", self.resource.kind);
        if list.kind == wanted {
            Ok(list)
        } else {
            Err(unreadable(answer, &format!("it is no {wanted}")))
        }
    }

    /// What to do about a refusal.
    fn hint(&self, status: u16) -> String {
        let Resource { group, plural, .. } = self.resource;
        match status {
            300..=399 => ": a redirect, which is not followed".to_owned(),
            401 => ": the credentials are missing, wrong or expired".to_owned(),
            403 => {
                let (role, other) = match self.namespace {
                    Some(name) => (format!("Role in namespace {name}"), ""),
                    None => ("ClusterRole".to_owned(), ", or choose namespaces"),
                };
                format!(
                    ": the credentials may not list {plural}; allow it by a {role} with \
                     apiGroups: [\"{group}\"], resources: [\"{plural}\"], verbs: [\"list\"]{other}"
                )
            }
            404 => {
                let group = if group.is_empty() { "core" } else { group };
                format!(": the server cannot list {plural}: it has no API {group}/v1 with them")
            }
            410 => ": it changed faster than it could be read; a larger page may help".to_owned(),
            429 => ": too many requests, also after waiting".to_owned(),
            _ => format!(", so {plural} were not read"),
        }
    }
}

impl Item {
    /// Reads what is wanted of it.
    pub(crate) fn read<T: DeserializeOwned>(&self, resource: &Resource) -> Result<T, BadItem> {
        serde_json::from_str(self.0.get()).map_err(|error| BadItem {
            place: format!("{} {}", resource.kind, self.name()),
            reason: format!("unreadable: {}", shape(&error)),
        })
    }

    fn uid(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Meta {
            uid: String,
        }
        self.metadata::<Meta>().map(|metadata| metadata.uid)
    }

    fn name(&self) -> String {
        #[derive(Deserialize)]
        struct Meta {
            namespace: String,
            name: String,
        }
        self.metadata::<Meta>()
            .map(|Meta { namespace, name }| format!("{namespace}/{name}"))
            .unwrap_or_else(|| "without a name".to_owned())
    }

    fn metadata<T: DeserializeOwned>(&self) -> Option<T> {
        #[derive(Deserialize)]
        struct Object<T> {
            metadata: T,
        }
        let object: Result<Object<T>, _> = serde_json::from_str(self.0.get());
        object.ok().map(|object| object.metadata)
    }
}

fn unreadable(answer: &Answer, reason: &str) -> SourceError {
    SourceError::Unreadable {
        place: answer.place.clone(),
        reason: reason.to_owned(),
    }
}

/// What is wrong with JSON, without the text in it that is: it may be secret.
pub(crate) fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.find('"'), text.rfind('"')) {
        (Some(from), Some(to)) => format!("{}…{}", &text[..from], &text[to + 1..]),
        _ => text,
    }
}
