//! Chains of owners: from a pod to the workload at the top.

use std::collections::HashMap;

use polar_model::WorkloadRef;

use crate::{
    pages::Resource,
    wire::{Meta, OwnerReference},
};

/// Longest chain that is followed: more than any controller makes.
const LONGEST: usize = 8;

/// An owner that stands in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    group: String,
    kind: String,
    name: String,
    uid: String,
}

/// The owners of `ReplicaSet`s and `Job`s, which stand between pods and workloads.
#[derive(Default)]
pub(crate) struct Owners {
    /// By `uid`; `None` for those that have no owner, or that are gone.
    by_uid: HashMap<String, Option<Owner>>,
}

/// A chain, as far as it is known.
pub(crate) enum Chain {
    /// From the nearest owner to the top.
    Whole(Vec<WorkloadRef>),
    /// It leads to an object that is not known yet.
    Unknown(Owner),
}

impl Owners {
    /// Notes the owner of a `ReplicaSet` or `Job`.
    pub(crate) fn note(&mut self, uid: String, owner: Option<Owner>) {
        self.by_uid.insert(uid, owner);
    }

    /// The chain that begins with `owner`.
    pub(crate) fn chain(&self, owner: Option<Owner>, middle: &[&Resource]) -> Chain {
        let mut owners = Vec::new();
        let mut next = owner.as_ref();
        while let Some(owner) = next
            && owners.len() < LONGEST
        {
            owners.push(WorkloadRef {
                kind: owner.kind.clone(),
                name: owner.name.clone(),
            });
            next = match self.by_uid.get(&owner.uid) {
                Some(above) => above.as_ref(),
                None if middle.iter().any(|resource| owner.is_a(resource)) => {
                    return Chain::Unknown(owner.clone());
                }
                None => None,
            };
        }
        Chain::Whole(owners)
    }
}

impl Owner {
    /// The owner that an object names: the one that controls it, else the first.
    pub(crate) fn of(metadata: &mut Meta) -> Option<Self> {
        let references = metadata.owner_references.take().unwrap_or_default();
        let controls = |owner: &&OwnerReference| owner.controller == Some(true);
        let owner = references.iter().find(controls).or(references.first())?;
        let (group, _) = owner.api_version.split_once('/').unwrap_or_default();
        Some(Self {
            group: group.to_owned(),
            kind: owner.kind.clone(),
            name: owner.name.clone(),
            uid: owner.uid.clone(),
        })
    }

    /// Whether it is of a kind of objects.
    pub(crate) fn is_a(&self, resource: &Resource) -> bool {
        self.kind == resource.kind && self.group == resource.group
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn uid(&self) -> &str {
        &self.uid
    }
}
