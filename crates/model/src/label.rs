//! Labels and edge types, the closed set that this project writes.

/// The merge key: one string property, unique within its label.
///
/// One property rather than several, since the embedded store's unique index covers only one.
pub const KEY: &str = "key";

/// When a fact around an `ImageReference` last really changed; indexed.
pub const TOUCHED_AT: &str = "touched_at";

/// Number of the write that last changed a node, or an edge that counts as its own; indexed where
/// [`Label::drives_rules`]. Numbers grow by one with each write of facts, in the order of commits.
pub const CHANGE: &str = "change";

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every member, in declaration order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as it stands in the graph.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// A node label.
    Label {
        /// A GitLab project; key `instance/path`.
        GitLabProject = "GitLabProject",
        /// A GitLab account; key `instance/username`.
        GitLabUser = "GitLabUser",
        /// A GitLab pipeline as a run that can produce images; key `instance/project/id`.
        PipelineRun = "PipelineRun",
        /// A GitLab job; key `instance/project/id`.
        GitLabJob = "GitLabJob",
        /// A commit; key is its full object id.
        GitCommit = "GitCommit",
        /// The first eight digits of commits' object ids, as tags have them; key is those.
        CommitPrefix = "CommitPrefix",
        /// A merge request; key `instance/project!iid`.
        MergeRequest = "MergeRequest",
        /// A release of a project; key `instance/project@tag`.
        GitLabRelease = "GitLabRelease",
        /// A package of a project; key `instance/project/id`.
        GitLabPackage = "GitLabPackage",
        /// A registry; key is its host with port.
        ContainerRegistry = "ContainerRegistry",
        /// A repository in a registry; key `registry/repository`.
        ContainerRepository = "ContainerRepository",
        /// A tag as a name that moves; key `registry/repository:tag`, exact case.
        ImageTag = "ImageTag",
        /// A tag as a pipeline pushed it; key `registry/repository:tag[@digest]`, exact case.
        ContainerImageTag = "ContainerImageTag",
        /// A tag and digest as a registry reported them; key `registry/repository:tag@digest`.
        AcrImage = "ACRImage",
        /// A manifest or index; key is its digest.
        ImageManifest = "ImageManifest",
        /// A config of an image; key is its digest.
        ImageConfig = "ImageConfig",
        /// A signature of a manifest; key is its own digest.
        Signature = "Signature",
        /// An attestation about a manifest; key is its own digest.
        Attestation = "Attestation",
        /// A vulnerability scan report; key is its own digest.
        Scan = "Scan",
        /// A bill of materials; key is its own digest.
        Sbom = "Sbom",
        /// A public key that was given to verify with; key is its fingerprint.
        VerificationKey = "VerificationKey",
        /// A cluster; key is its name.
        KubeCluster = "KubeCluster",
        /// A namespace; key `cluster/namespace`.
        KubeNamespace = "KubeNamespace",
        /// Any workload (Deployment, StatefulSet, DaemonSet, Job, CronJob or a bare Pod); key
        /// `cluster/namespace/kind/name`.
        KubeDeployment = "KubeDeployment",
        /// A pod; key `cluster/uid`.
        KubePod = "KubePod",
        /// A container of a pod; key `cluster/uid/name`.
        KubeContainer = "KubeContainer",
        /// An installed chart; key `cluster/namespace/name`.
        HelmRelease = "HelmRelease",
        /// A chart at a version; key `name-version`.
        HelmChart = "HelmChart",
        /// The join key of everything that names an image; key is the normalized reference.
        ImageReference = "ImageReference",
        /// What was last read completely of a source; key `kind|scope`.
        Source = "Source",
        /// A judgement about a node; key `rule|subject key`.
        Finding = "Finding",
        /// A pass that changed something; key is its start time and a random part.
        ProvenanceRun = "ProvenanceRun",
        /// The number of the last write of facts; one node, key `changes`.
        ChangeLog = "ChangeLog",
        /// Which replica of the agent writes; the key is `writer`.
        Lease = "Lease",
    }
}

names! {
    /// A type of edge that observations yield. Derived types stand in the rule files.
    EdgeType {
        /// project → pipeline run.
        HasPipeline = "HAS_PIPELINE",
        /// pipeline run → job.
        HasJob = "HAS_JOB",
        /// pipeline run, release → commit.
        OfCommit = "OF_COMMIT",
        /// user → pipeline run.
        Triggered = "TRIGGERED",
        /// project → merge request.
        HasMergeRequest = "HAS_MERGE_REQUEST",
        /// merge request → commit it brought in; `as`: `commit`, `merge` or `squash`.
        Brought = "BROUGHT",
        /// project → release.
        HasRelease = "HAS_RELEASE",
        /// project → package.
        HasPackage = "HAS_PACKAGE",
        /// pipeline run → package.
        Published = "PUBLISHED",
        /// registry, project → container repository.
        HasRepository = "HAS_REPOSITORY",
        /// container repository → registry image, chart; signature, attestation, scan, bill of
        /// materials with `until` if it is held no longer.
        Holds = "HOLDS",
        /// user → job.
        Started = "STARTED",
        /// user → merge request.
        Authored = "AUTHORED",
        /// user → merge request; `approved_at`.
        Approved = "APPROVED",
        /// user → merge request.
        Merged = "MERGED",
        /// pipeline run → image tag that it reported; `evidence`.
        Produced = "PRODUCED",
        /// pipeline run → image tag that was pushed while one of its jobs ran; `evidence`.
        RanDuring = "RAN_DURING",
        /// job → image tag.
        Pushed = "PUSHED",
        /// image tag as pushed, registry image, container → tag.
        OfTag = "OF_TAG",
        /// image tag as pushed → manifest whose digest the job reported.
        OfManifest = "OF_MANIFEST",
        /// anything that names an image → image reference.
        Identifies = "IDENTIFIES",
        /// registry image → manifest, index → manifest, chart → manifest.
        HasManifest = "HAS_MANIFEST",
        /// commit → the first digits of its object id.
        BeginsWith = "BEGINS_WITH",
        /// registry image → digits of an object id in its tag.
        TaggedWith = "TAGGED_WITH",
        /// manifest → config.
        HasConfig = "HAS_CONFIG",
        /// attestation, manifest by its labels → commit it says the image was built from; attestation →
        /// job, pipeline run that it says built it.
        Claims = "CLAIMS",
        /// signature, attestation, scan, bill of materials → manifest.
        Attests = "ATTESTS",
        /// signature, attestation, scan, bill of materials → given key that made a signature in it.
        VerifiedBy = "VERIFIED_BY",
        /// signature, attestation, scan, bill of materials → given key that was tried.
        CheckedWith = "CHECKED_WITH",
        /// cluster → namespace.
        HasNamespace = "HAS_NAMESPACE",
        /// namespace → workload.
        HasWorkload = "HAS_WORKLOAD",
        /// workload → pod.
        HasPod = "HAS_POD",
        /// pod → container.
        HasContainer = "HAS_CONTAINER",
        /// container → manifest whose digest the cluster reports for it.
        Reports = "REPORTS",
        /// container → config whose digest the cluster reports for it.
        ReportsConfig = "REPORTS_CONFIG",
        /// namespace → Helm release.
        HasHelmRelease = "HAS_HELM_RELEASE",
        /// Helm release → workload.
        Installed = "INSTALLED",
        /// Helm release → chart.
        OfChart = "OF_CHART",
    }
}

impl Label {
    /// Whether rules go by changes of such nodes. Nodes that a great many others hang on (a project,
    /// a user, a namespace) are left out, since what they are hardly changes; rules see a change of
    /// theirs in a full pass.
    #[must_use]
    pub const fn drives_rules(self) -> bool {
        !matches!(
            self,
            Self::GitLabProject
                | Self::GitLabUser
                | Self::GitLabRelease
                | Self::GitLabPackage
                | Self::ContainerRegistry
                | Self::ContainerRepository
                | Self::CommitPrefix
                | Self::KubeCluster
                | Self::KubeNamespace
                | Self::HelmRelease
                | Self::HelmChart
                | Self::Finding
                | Self::ProvenanceRun
                | Self::ChangeLog
                | Self::Lease
        )
    }
}
