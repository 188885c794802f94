//! An image that was asked for by its name.

use polar_graph::{GraphError, GraphStore};

use super::{
    missing::{self, Cause, Hop, Missing},
    moment::Moment,
    start::{Found, Start, Tag, tag},
};
use crate::{ImageTarget, Meant, TargetError};

/// Names that are listed where several may be meant.
const LISTED: usize = 20;

/// By a tag, what it points to is meant; by a digest, the bytes.
pub(crate) async fn asked(
    store: &dyn GraphStore,
    image: &ImageTarget,
    moment: Moment,
) -> Result<Start, TargetError> {
    let meant = image.images(store).await?;
    let tag_name = tag_name(image, &meant)?;
    let history = match &tag_name {
        Some(name) => Some(tag(store, name, moment).await?),
        None => None,
    };
    let found = match (&image.digest, &history) {
        (None, Some(tag)) => pointed_to(store, tag, &meant, moment).await?,
        _ => there(store, &meant, moment).await?,
    };
    let missing = if found.is_empty() {
        Some(unknown(store, image, &meant, moment).await?)
    } else {
        None
    };
    Ok(Start {
        containers: Vec::new(),
        written: Some(image.text()),
        reference: image.reference(),
        tag: history.filter(|tag| !tag.pointed_to.is_empty()),
        found,
        missing,
    })
}

/// The tag that was given, or the only one of the repository.
fn tag_name(image: &ImageTarget, meant: &[Meant]) -> Result<Option<String>, TargetError> {
    let Some((registry, repository)) = &image.name else {
        return Ok(None);
    };
    let full = |tag: &str| format!("{registry}/{repository}:{tag}");
    if let Some(tag) = &image.tag {
        return Ok(Some(full(tag)));
    }
    if image.digest.is_some() {
        return Ok(None);
    }
    let mut names: Vec<_> = meant.iter().map(|meant| full(&meant.tag)).collect();
    names.dedup();
    if names.len() > 1 {
        names.truncate(LISTED);
        return Err(TargetError::Ambiguous {
            target: image.text(),
            names,
        });
    }
    Ok(names.pop())
}

/// Images that a tag pointed to at the moment; if nobody tells, those with the tag that are there.
async fn pointed_to(
    store: &dyn GraphStore,
    tag: &Tag,
    meant: &[Meant],
    moment: Moment,
) -> Result<Vec<Found>, GraphError> {
    if tag.pointed_to.is_empty() && moment.0.is_none() {
        return there(store, meant, moment).await;
    }
    let current: Vec<_> = tag
        .pointed_to
        .iter()
        .filter(|period| period.until.is_none())
        .collect();
    let found = meant.iter().filter_map(|meant| {
        let period = current
            .iter()
            .find(|period| period.digest == meant.digest)?;
        Some(Found {
            key: meant.key.clone(),
            because: vec![period.because.clone()],
            equally_likely: current.len() > 1,
            other_name: false,
        })
    });
    Ok(found.collect())
}

/// Those that had been pushed and were not gone; if all are gone, all the same.
async fn there(
    store: &dyn GraphStore,
    meant: &[Meant],
    moment: Moment,
) -> Result<Vec<Found>, GraphError> {
    let (mut held, mut gone) = (Vec::new(), Vec::new());
    for meant in meant {
        let key = meant.key.as_str();
        let rows = store.read(cypher!("trace-image").with("key", key)).await?;
        let Some(row) = rows.first() else { continue };
        if !moment.is_since(row.time("pushed_at")) {
            continue;
        }
        let is_held = moment.is_before(row.time("gone_at"));
        let all = if is_held { &mut held } else { &mut gone };
        all.push(Found {
            key: meant.key.clone(),
            because: Vec::new(),
            equally_likely: false,
            other_name: !meant.same_name,
        });
    }
    Ok(if held.is_empty() { gone } else { held })
}

async fn unknown(
    store: &dyn GraphStore,
    image: &ImageTarget,
    meant: &[Meant],
    moment: Moment,
) -> Result<Missing, GraphError> {
    match (&image.name, moment.0) {
        (_, Some(at)) if !meant.is_empty() => {
            let detail =
                format!("no registry image of this name is known to have been there at {at:.0}");
            Ok(Missing::new(Hop::Image, Cause::NotThen, detail))
        }
        (_, None) if !meant.is_empty() => {
            let detail = "no registry image is known: the tag points to nothing any more";
            Ok(Missing::new(Hop::Image, Cause::NotFound, detail))
        }
        (Some((registry, repository)), _) => {
            missing::image(store, registry, repository, None).await
        }
        (None, _) => {
            let detail = "no registry image is known: no registry that was read has the digest";
            Ok(Missing::new(Hop::Image, Cause::NotRead, detail))
        }
    }
}
