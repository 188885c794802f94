//! Which registry images are meant: a digest given wins; of a tag, the one it points to now.

use polar_graph::{GraphError, GraphStore};

use super::image::Image;
use crate::{ImageTarget, TargetError};

/// Names that are listed where several have the one that was given.
const LISTED: usize = 20;

/// The images that are meant, or why there is none.
pub(super) async fn images(
    store: &dyn GraphStore,
    target: &ImageTarget,
) -> Result<Result<Vec<Image>, String>, TargetError> {
    let mut images = Vec::new();
    for meant in target.images(store).await? {
        if meant.same_name {
            images.extend(Image::read(store, &meant.key).await?);
        }
    }
    if target.digest.is_some() {
        let has_tag = |image: &Image| target.tag.as_ref() == Some(&image.tag);
        if images.iter().any(has_tag) {
            images.retain(has_tag);
        }
        if images.iter().any(Image::is_there) {
            images.retain(Image::is_there);
        }
        return Ok(some(images, target));
    }
    let mut tags: Vec<_> = images.iter().map(|image| image.tag_key()).collect();
    tags.sort();
    tags.dedup();
    match tags.as_slice() {
        [tag] => Ok(current(store, tag, images).await?),
        [] => Ok(some(images, target)),
        _ => {
            tags.truncate(LISTED);
            Err(TargetError::Ambiguous {
                target: target.text(),
                names: tags,
            })
        }
    }
}

fn some(images: Vec<Image>, target: &ImageTarget) -> Result<Vec<Image>, String> {
    if images.is_empty() {
        let image = target.text();
        let why = format!("no registry that was read has {image}, or its digest under this name");
        return Err(why);
    }
    Ok(images)
}

/// Of the images that a tag named at some time, the one it names now; where nobody tells, the newest,
/// or all of those that are equally new. An older one is none if the tag names what no registry told of.
async fn current(
    store: &dyn GraphStore,
    tag: &str,
    mut images: Vec<Image>,
) -> Result<Result<Vec<Image>, String>, GraphError> {
    let rows = store.read(cypher!("gate-current").with("tag", tag)).await?;
    if let Some(digest) = rows.first().map(|row| row.text("digest")) {
        images.retain(|image| image.digest == digest);
        if images.is_empty() {
            let why = format!("{tag} points to {digest}, which no registry that was read has");
            return Ok(Err(why));
        }
        return Ok(Ok(images));
    }
    let newest = images.iter().map(Image::appeared).max();
    images.retain(|image| Some(image.appeared()) == newest);
    Ok(Ok(images))
}
