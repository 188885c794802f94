//! One reading of an instance: which projects there are, and what all of them share.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use polar_model::{GitLabUser, Observation, SourceComplete, SourceStarted};
use polar_source::{Reply, Sink, SourceError, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    GitLabOptions, Outcome, What,
    api::{Api, next_page},
    project,
    wire::{Project, User},
};

/// Elements of a page: the most that GitLab gives.
const PER_PAGE: (&str, &str) = ("per_page", "100");

/// How long before a reading the next one begins: for a write that GitLab dated before the reading
/// and committed after it, and for clocks that differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// A list that is read page by page.
pub(crate) struct Pages {
    next: Option<Url>,
    /// Where problems are, e.g. `gitlab.example.com/shop/checkout: pipelines`.
    place: String,
    /// Whether a refusal of the first page means that there is no such list.
    optional: bool,
}

/// A reading under way.
pub(crate) struct Run<'a> {
    pub(crate) api: Api,
    pub(crate) options: &'a GitLabOptions,
    pub(crate) instance: String,
    sink: &'a Sink,
    pub(crate) problems: u64,
    users: HashSet<String>,
    projects: HashSet<i64>,
    /// When the reading of the project in hand began.
    began: Timestamp,
    /// When its first reply was made, as the server says; else when it began.
    first_reply: Option<Timestamp>,
}

impl<'a> Run<'a> {
    pub(crate) fn new(api: Api, options: &'a GitLabOptions, sink: &'a Sink) -> Self {
        Self {
            instance: api.instance(),
            api,
            options,
            sink,
            problems: 0,
            users: HashSet::new(),
            projects: HashSet::new(),
            began: Timestamp::now(),
            first_reply: None,
        }
    }

    pub(crate) async fn read(mut self) -> Result<Outcome, SourceError> {
        let options = self.options;
        match &options.what {
            What::Everything => self.everything().await?,
            What::Groups(groups) => {
                for group in groups {
                    let done = self.group(group).await;
                    let place = format!("{}/{group}", self.instance);
                    self.settle(place, done).await?;
                }
            }
            What::Projects(paths) => {
                for path in paths {
                    let done = self.named(path).await;
                    let place = format!("{}/{path}", self.instance);
                    self.settle(place, done).await?;
                }
            }
        }
        Ok(Outcome {
            complete: self.problems == 0,
            problems: self.problems,
        })
    }

    async fn everything(&mut self) -> Result<(), SourceError> {
        let instance = self.instance.clone();
        let reading = self.start("gitlab", &instance).await?;
        let query = [
            ("simple", "true"),
            ("order_by", "id"),
            ("sort", "asc"),
            ("pagination", "keyset"),
        ];
        let url = self.api.url(&["projects"], &query);
        let done = self
            .listed(self.pages(format!("{instance}: projects"), url))
            .await;
        self.settle(instance, done).await?;
        self.complete(reading, None).await
    }

    async fn group(&mut self, group: &str) -> Result<(), SourceError> {
        let query = [
            ("include_subgroups", "true"),
            ("with_shared", "false"),
            ("simple", "true"),
            ("order_by", "id"),
            ("sort", "asc"),
        ];
        let url = self.api.url(&["groups", group, "projects"], &query);
        let place = format!("{}/{group}: projects", self.instance);
        self.listed(self.pages(place, url)).await
    }

    async fn named(&mut self, path: &str) -> Result<(), SourceError> {
        let url = self.api.url(&["projects", path], &[]);
        let project = self.get(url).await?.json()?;
        self.project(project).await
    }

    async fn listed(&mut self, mut pages: Pages) -> Result<(), SourceError> {
        while let Some(page) = self.page(&mut pages).await? {
            for project in page {
                self.project(project).await?;
            }
        }
        Ok(())
    }

    async fn project(&mut self, project: Project) -> Result<(), SourceError> {
        if self.projects.insert(project.id) {
            self.began = Timestamp::now();
            self.first_reply = None;
            project::read(self, project).await?;
        }
        Ok(())
    }

    /// A list, at `url` with its query.
    pub(crate) fn pages(&self, place: String, mut url: Url) -> Pages {
        url.query_pairs_mut().append_pair(PER_PAGE.0, PER_PAGE.1);
        Pages {
            next: Some(url),
            place,
            optional: false,
        }
    }

    /// The next page of a list; an element that is none becomes a problem.
    pub(crate) async fn page<T: DeserializeOwned>(
        &mut self,
        pages: &mut Pages,
    ) -> Result<Option<Vec<T>>, SourceError> {
        let Some(url) = pages.next.take() else {
            return Ok(None);
        };
        let optional = std::mem::take(&mut pages.optional);
        let reply = match self.get(url.clone()).await {
            Err(SourceError::Refused { status, .. }) if optional && is_switched_off(status) => {
                return Ok(None);
            }
            reply => reply?,
        };
        let elements: Vec<Value> = reply.json()?;
        let mut page = Vec::with_capacity(elements.len());
        for element in elements {
            let name = ["iid", "id", "name", "tag_name"];
            let name = name
                .iter()
                .find_map(|name| Some((*name, element.get(*name)?)));
            let name = name.map(|(name, value)| format!(" ({name} {value})"));
            match T::deserialize(element) {
                Ok(element) => page.push(element),
                Err(error) => {
                    let name = name.unwrap_or_default();
                    let reason = format!("an element{name} that cannot be read: {error}");
                    self.problem(&pages.place, reason).await?;
                }
            }
        }
        pages.next = next_page(&url, &reply)?;
        Ok(Some(page))
    }

    /// Gets an answer that is no refusal.
    pub(crate) async fn get(&mut self, url: Url) -> Result<Reply, SourceError> {
        let reply = self.api.get(url).await?;
        if self.first_reply.is_none() {
            let date = reply.header("date");
            let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
            self.first_reply = Some(date.map_or(self.began, |date| date.timestamp()));
        }
        Ok(reply)
    }

    pub(crate) async fn observe(&self, observation: Observation) -> Result<(), SourceError> {
        self.sink.observe(observation).await
    }

    pub(crate) async fn problem(
        &mut self,
        place: &str,
        reason: impl std::fmt::Display,
    ) -> Result<(), SourceError> {
        self.problems += 1;
        self.sink.problem(place, reason).await
    }

    /// Makes a failure a problem, unless nothing more can be read after it.
    pub(crate) async fn settle(
        &mut self,
        place: impl AsRef<str>,
        done: Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        match done {
            Err(error) if self.api.is_over(&error) => Err(error),
            Err(error) => self.problem(place.as_ref(), error).await,
            Ok(()) => Ok(()),
        }
    }

    /// Hands out a user, once in a reading, and gives the login name.
    pub(crate) async fn user(&mut self, user: Option<User>) -> Result<Option<String>, SourceError> {
        let Some(User { username, name }) = user else {
            return Ok(None);
        };
        if self.users.insert(username.clone()) {
            let user = GitLabUser {
                instance: self.instance.clone(),
                username: username.clone(),
                name,
            };
            self.observe(Observation::GitLabUser(user)).await?;
        }
        Ok(Some(username))
    }

    /// Begins the reading of a scope.
    pub(crate) async fn start(
        &mut self,
        kind: &'static str,
        scope: &str,
    ) -> Result<Reading, SourceError> {
        let reading = Reading {
            kind,
            scope: scope.to_owned(),
            problems: self.problems,
        };
        let started = SourceStarted {
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            started_at: Timestamp::now(),
        };
        self.observe(Observation::SourceStarted(started)).await?;
        Ok(reading)
    }

    /// Ends the reading of a scope; says that it is complete if nothing was left out since it began.
    pub(crate) async fn complete(
        &mut self,
        reading: Reading,
        mark: Option<Timestamp>,
    ) -> Result<(), SourceError> {
        if self.problems > reading.problems {
            tracing::debug!(scope = reading.scope, "not complete");
            return Ok(());
        }
        let complete = SourceComplete {
            kind: reading.kind.to_owned(),
            scope: reading.scope,
            complete_at: Timestamp::now(),
            mark: mark.map(|mark| mark.to_string()),
        };
        self.observe(Observation::SourceComplete(complete)).await
    }

    /// From where the next reading of the project in hand can go on.
    pub(crate) fn mark(&self) -> Timestamp {
        let began = self.first_reply.unwrap_or(self.began);
        began.checked_sub(OVERLAP).unwrap_or(began)
    }
}

/// The reading of a scope.
pub(crate) struct Reading {
    kind: &'static str,
    scope: String,
    /// Problems before it.
    problems: u64,
}

impl Pages {
    /// The list of a feature that can be switched off, which GitLab says by 403 or 404.
    pub(crate) fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

fn is_switched_off(status: u16) -> bool {
    matches!(status, 403 | 404)
}
