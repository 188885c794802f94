//! Which registry images are meant: a digest given wins; of a tag, the one it points to now.

use polar_graph::{GraphError, GraphStore};

use super::image::Image;
use crate::{ImageTarget, TargetError, verdict::time};

/// Names that are listed where several have the one that was given.
const LISTED: usize = 20;

pub(super) async fn images(
    store: &dyn GraphStore,
    target: &ImageTarget,
) -> Result<Vec<Image>, TargetError> {
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
        return Ok(images);
    }
    let mut tags: Vec<_> = images.iter().map(|image| image.tag_key()).collect();
    tags.sort();
    tags.dedup();
    match tags.as_slice() {
        [tag] => Ok(current(store, tag, images).await?),
        [] => Ok(images),
        _ => {
            tags.truncate(LISTED);
            Err(TargetError::Ambiguous {
                target: target.text(),
                names: tags,
            })
        }
    }
}

/// Of the images that a tag named at some time, the one it names now; where nobody tells, the newest,
/// or all of those that are equally new.
async fn current(
    store: &dyn GraphStore,
    tag: &str,
    mut images: Vec<Image>,
) -> Result<Vec<Image>, GraphError> {
    let rows = store.read(cypher!("gate-current").with("tag", tag)).await?;
    let newest = rows.iter().filter_map(|row| time(row, "begins")).max();
    let mut now = rows.iter().filter(|row| time(row, "begins") == newest);
    let is_now = |image: &Image| now.any(|row| row.text("digest") == image.digest);
    if let Some(at) = images.iter().position(is_now) {
        return Ok(vec![images.swap_remove(at)]);
    }
    let newest = images.iter().map(Image::appeared).max();
    images.retain(|image| Some(image.appeared()) == newest);
    Ok(images)
}
