"""The synthetic estate: a registry's images and the pods of a cluster, always the same ones.

It is told twice: as the answers that Cartography's modules would get from GitLab, its registry and
Kubernetes, and as observations. Both name the same repositories, tags, digests, pods and containers.
"""

import hashlib
import json
from dataclasses import dataclass
from types import SimpleNamespace

REGISTRY = "registry.example.com"
CLUSTER = "prod"
NAMESPACES = [f"team-{number}" for number in range(20)]
TAGS_PER_REPOSITORY = 100
CONTAINERS_PER_POD = 2
# One container in so many is pinned to a digest in its pod's template; the others are written with a
# tag. The cluster reports the digest of all, as clusters do.
PINNED_ONE_IN = 5
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
PLATFORM = {"architecture": "amd64", "os": "linux"}
STARTED_AT = "2026-11-20T06:00:00Z"


def sha256(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Image:
    """A tag and the digest it points to."""

    repository: str
    tag: str
    digest: str

    @property
    def location(self):
        return f"{REGISTRY}/{self.repository}"


@dataclass(frozen=True)
class Estate:
    images: int
    containers: int

    def image(self, number):
        repository, tag = divmod(number, TAGS_PER_REPOSITORY)
        return Image(
            f"group-{repository % 50}/app-{repository}",
            f"1.{tag}.0",
            sha256(f"image {number}"),
        )

    def repositories(self):
        """Each repository with its images."""
        for start in range(0, self.images, TAGS_PER_REPOSITORY):
            end = min(start + TAGS_PER_REPOSITORY, self.images)
            yield [self.image(number) for number in range(start, end)]

    def pods(self):
        """Each pod with its containers: number, image as written, image as reported."""
        for pod, start in enumerate(range(0, self.containers, CONTAINERS_PER_POD)):
            end = min(start + CONTAINERS_PER_POD, self.containers)
            yield pod, [self.container(number) for number in range(start, end)]

    def container(self, number):
        image = self.image(number % self.images)
        reported = f"{image.location}@{image.digest}"
        if number % PINNED_ONE_IN == 0:
            return f"c{number % CONTAINERS_PER_POD}", reported, reported
        return f"c{number % CONTAINERS_PER_POD}", f"{image.location}:{image.tag}", reported


# As observations.


def write_observations(estate, path, hour):
    """One reading of everything, at that hour of the day."""
    with open(path, "w", encoding="utf-8") as out:

        def line(type_, /, **fields):
            fields = {"v": 1, "type": type_, **fields}
            out.write(json.dumps(fields, separators=(",", ":")) + "\n")

        at = f"2026-11-24T{hour:02}:00:00Z"
        done = f"2026-11-24T{hour:02}:30:00Z"
        line("source_started", kind="registry", scope=REGISTRY, started_at=at)
        for images in estate.repositories():
            for image in images:
                line(
                    "image_manifest",
                    digest=image.digest,
                    media_type=MEDIA_TYPE,
                    platform=PLATFORM,
                )
                line(
                    "registry_image",
                    registry=REGISTRY,
                    repository=image.repository,
                    tag=image.tag,
                    digest=image.digest,
                    pushed_at=STARTED_AT,
                    seen_at=at,
                )
        line("source_complete", kind="registry", scope=REGISTRY, complete_at=done)
        line("source_started", kind="kubernetes", scope=CLUSTER, started_at=at)
        for pod, containers in estate.pods():
            line(
                "kube_pod",
                cluster=CLUSTER,
                namespace=NAMESPACES[pod % len(NAMESPACES)],
                name=f"pod-{pod}",
                uid=f"uid-{pod}",
                node=f"node-{pod % 500}",
                phase="Running",
                started_at=STARTED_AT,
                seen_at=at,
                containers=[
                    {"name": name, "image": image, "image_id": reported}
                    for name, image, reported in containers
                ],
            )
        line("source_complete", kind="kubernetes", scope=CLUSTER, complete_at=done)


# As Cartography's modules get it.


def gitlab_repositories(estate):
    """GET /groups/:id/registry/repositories."""
    return [
        {
            "id": number,
            "project_id": number,
            "name": images[0].repository,
            "path": images[0].repository,
            "location": images[0].location,
            "created_at": STARTED_AT,
            "tags_count": len(images),
        }
        for number, images in enumerate(estate.repositories(), start=1)
    ]


def gitlab_tags(estate):
    """GET …/registry/repositories/:id/tags/:name of each tag, with its repository as the module notes it."""
    return [
        {
            "name": image.tag,
            "path": f"{image.repository}:{image.tag}",
            "location": f"{image.location}:{image.tag}",
            "digest": image.digest,
            "created_at": STARTED_AT,
            "_repository_location": image.location,
        }
        for images in estate.repositories()
        for image in images
    ]


class RegistryAnswers:
    """Manifests and configs of the images, as the module asks for them.

    The images have no layers: Cartography keeps layers, observations have none. To Cartography they are
    complete all the same, so that its re-run takes the short way that it has for images that it knows.
    """

    def __init__(self, estate):
        self.digests = {
            (image.repository, image.tag): image.digest
            for images in estate.repositories()
            for image in images
        }

    def manifest(self, _gitlab_url, registry_url, repository_name, reference, _token):
        return {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": {"digest": sha256("config")},
            "layers": [],
            "_digest": self.digests[(repository_name, reference)],
            "_repository_name": repository_name,
            "_registry_url": registry_url,
            "_reference": reference,
        }

    def blob(self, _gitlab_url, _registry_url, _repository_name, _digest, _token):
        return {**PLATFORM, "rootfs": {"diff_ids": []}}


def kubernetes_pods(estate):
    """Pods with the attributes of the client's V1Pod that the module reads; far cheaper to make than those."""
    running = SimpleNamespace(running=True, terminated=None)
    for pod, containers in estate.pods():
        yield SimpleNamespace(
            metadata=SimpleNamespace(
                name=f"pod-{pod}",
                namespace=NAMESPACES[pod % len(NAMESPACES)],
                uid=f"uid-{pod}",
                labels={},
                owner_references=None,
                creation_timestamp=None,
                deletion_timestamp=None,
            ),
            spec=SimpleNamespace(
                node_name=f"node-{pod % 500}",
                service_account_name="default",
                volumes=None,
                containers=[
                    SimpleNamespace(
                        name=name,
                        image=image,
                        image_pull_policy="IfNotPresent",
                        volume_mounts=None,
                        resources=None,
                        env=None,
                        env_from=None,
                    )
                    for name, image, _ in containers
                ],
            ),
            status=SimpleNamespace(
                phase="Running",
                container_statuses=[
                    SimpleNamespace(
                        name=name, image_id=reported, ready=True, started=True, state=running
                    )
                    for name, _, reported in containers
                ],
            ),
        )
