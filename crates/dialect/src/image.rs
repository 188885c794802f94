//! References as Polar's nodes have them.

use polar_normalize::{ImageRef, Options, parse};

use crate::problem::Wrong;

/// Reads a reference that is to join; `tagged` ones must say their tag.
pub(crate) fn read(text: &str, tagged: bool, options: &Options) -> Result<ImageRef, Wrong> {
    let reference = parse(text, options).map_err(|error| Wrong::new(error.code(), &error))?;
    if reference.host_relative() {
        let reason = format!("`{text}` means the node it is used on, and joins nothing");
        return Err(Wrong::new("host-relative", reason));
    }
    if tagged && (reference.tag_defaulted() || reference.tag().is_none()) {
        let reason = format!("`{text}` has no tag: it names a repository, and no image");
        return Err(Wrong::new("no-tag", reason));
    }
    Ok(reference)
}
