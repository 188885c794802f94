//! Observations that name images: each name is linked to its `ImageReference`.

use polar_model::{EdgeType, ImageManifest, KubePod, Label, PipelineImage, RegistryImage, Value};
use polar_normalize::{ImageRef, Options, Uuid, parse};

use crate::Facts;

impl Facts {
    /// Links a node to the reference `form`.
    fn identifies(&mut self, node: &(Label, String), form: &str, uuid: Uuid) {
        let reference = self.node(
            Label::ImageReference,
            form,
            [
                ("normalized", form.into()),
                ("uuid", uuid.to_string().into()),
            ],
        );
        self.edge(EdgeType::Identifies, node, &reference);
        self.references.push(form.to_owned());
    }

    /// Reads a reference as written; notes it if it cannot be joined.
    fn reference(&mut self, image: &str) -> Result<ImageRef, String> {
        let reason = match parse(image, &Options::default()) {
            // It means the node it was used on, and must not join what other nodes mean by it.
            Ok(reference) if reference.host_relative() => "host-relative".to_owned(),
            Ok(reference) => return Ok(reference),
            Err(error) => {
                let code = error.code().to_owned();
                self.unresolvable
                    .push((image.to_owned(), error.to_string()));
                return Err(code);
            }
        };
        let why = format!("{reason}: `{image}` means the node it runs on, and joins nothing");
        self.unresolvable.push((image.to_owned(), why));
        Err(reason)
    }
}

/// `registry/repository[:tag][@digest]`, the tag in its exact case.
fn exact(name: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = digest
        .map(|digest| format!("@{digest}"))
        .unwrap_or_default();
    format!("{name}{tag}{digest}")
}

/// The name parts of a reference as properties.
fn name_props(reference: &ImageRef, digest: Option<&str>) -> [(&'static str, Value); 4] {
    [
        ("registry", reference.registry().into()),
        ("repository", reference.repository().into()),
        ("tag", reference.tag().into()),
        ("digest", digest.into()),
    ]
}

pub(crate) fn pipeline_image(f: &mut Facts, o: &PipelineImage) {
    let run = f.pipeline(&o.instance, &o.project, o.pipeline);
    let tag = match f.reference(&o.image) {
        Ok(reference) => {
            let digest = reference.digest().or(o.digest.as_deref());
            let key = exact(reference.name(), reference.tag(), digest);
            let props = name_props(&reference, digest);
            let tag = f.node(Label::ContainerImageTag, key, props);
            match (reference.tag_form(), reference.tag_uuid()) {
                (Some(form), Some(uuid)) => f.identifies(&tag, &form, uuid),
                _ => f.identifies(&tag, &reference.primary(), reference.primary_uuid()),
            }
            tag
        }
        Err(code) => {
            let props = [("image", (&o.image).into()), ("image_error", code.into())];
            f.node(Label::ContainerImageTag, &o.image, props)
        }
    };
    f.edge(EdgeType::Produced, &run, &tag);
    if let Some(id) = o.job {
        let job = f.job(&o.instance, &o.project, id);
        f.edge(EdgeType::HasJob, &run, &job);
        f.edge(EdgeType::Pushed, &job, &tag);
    }
}

pub(crate) fn registry_image(f: &mut Facts, o: &RegistryImage) {
    let written = format!("{}/{}:{}@{}", o.registry, o.repository, o.tag, o.digest);
    let by_tag = format!("{}/{}:{}", o.registry, o.repository, o.tag);
    let parsed = f
        .reference(&written)
        .and_then(|digested| f.reference(&by_tag).map(|tagged| (digested, tagged)));
    match parsed {
        Ok((digested, tagged)) => {
            let key = exact(tagged.name(), tagged.tag(), digested.digest());
            let image = f.node(Label::AcrImage, key, name_props(&tagged, digested.digest()));
            let (label, key) = image.clone();
            f.node(label, key, [("pushed_at", o.pushed_at.into())]);
            // A registry answers to both names: by tag and by digest.
            f.identifies(&image, &tagged.primary(), tagged.primary_uuid());
            f.identifies(&image, &digested.primary(), digested.primary_uuid());
            let manifest = f.manifest(&o.digest);
            f.edge(EdgeType::HasManifest, &image, &manifest);
        }
        Err(code) => {
            let props = [
                ("image", written.as_str().into()),
                ("image_error", code.into()),
            ];
            f.node(Label::AcrImage, &written, props);
        }
    }
}

pub(crate) fn manifest(f: &mut Facts, o: &ImageManifest) {
    let platform = o.platform.as_ref().map(|platform| {
        let parts = [&platform.os, &platform.architecture];
        let parts = parts.into_iter().chain(&platform.variant);
        parts.map(String::as_str).collect::<Vec<_>>().join("/")
    });
    let label = |name: &str| o.labels.get(name).cloned();
    let (kind, key) = f.manifest(&o.digest);
    let manifest = f.node(
        kind,
        key,
        [
            ("media_type", o.media_type.clone().into()),
            ("platform", platform.into()),
            ("config_digest", o.config_digest.clone().into()),
            (
                "revision",
                label("org.opencontainers.image.revision").into(),
            ),
            ("source", label("org.opencontainers.image.source").into()),
        ],
    );
    for digest in &o.manifests {
        let child = f.manifest(digest);
        f.edge(EdgeType::HasManifest, &manifest, &child);
    }
}

pub(crate) fn pod(f: &mut Facts, o: &KubePod) {
    let (kind, name) = match &o.workload {
        Some(owner) => (owner.kind.as_str(), owner.name.as_str()),
        None => ("Pod", o.name.as_str()),
    };
    let workload = f.workload(&o.cluster, &o.namespace, kind, name);
    let pod = f.node(
        Label::KubePod,
        format!("{}/{}", o.cluster, o.uid),
        [
            ("name", (&o.name).into()),
            ("namespace", (&o.namespace).into()),
            ("cluster", (&o.cluster).into()),
            ("node", o.node.clone().into()),
            ("phase", o.phase.clone().into()),
            ("started_at", o.started_at.into()),
        ],
    );
    f.edge(EdgeType::HasPod, &workload, &pod);
    for container in &o.containers {
        let key = format!("{}/{}/{}", o.cluster, o.uid, container.name);
        let node = f.node(
            Label::KubeContainer,
            key,
            [
                ("name", (&container.name).into()),
                ("image", (&container.image).into()),
                ("image_id", container.image_id.clone().into()),
                ("init", container.init.into()),
            ],
        );
        f.edge(EdgeType::HasContainer, &pod, &node);
        container_image(f, &node, container);
    }
}

fn container_image(f: &mut Facts, node: &(Label, String), container: &polar_model::Container) {
    let (label, key) = node.clone();
    let reference = match f.reference(&container.image) {
        Ok(reference) => reference,
        Err(code) => {
            f.node(label, key, [("image_error", code.into())]);
            return;
        }
    };
    f.identifies(node, &reference.primary(), reference.primary_uuid());
    // `repository@digest` is a manifest or an index; a bare digest may be that of a config, and is
    // not matched (it stays in `image_id`).
    let reported = container
        .image_id
        .as_deref()
        .and_then(|id| parse(id, &Options::default()).ok())
        .and_then(|id| id.digest().map(str::to_owned));
    let pinned = reference.digest().map(str::to_owned);
    for digest in [&reported, &pinned].into_iter().flatten() {
        let manifest = f.manifest(digest);
        f.edge(EdgeType::Reports, node, &manifest);
    }
    f.node(
        label,
        key,
        [
            ("registry", reference.registry().into()),
            ("digest", reported.or(pinned).into()),
        ],
    );
}
