"""One sync by Cartography of the estate, and how long each of its parts took, as JSON.

What is timed is Cartography's own: the sync functions of its modules for a GitLab registry and for pods,
in the order in which it calls them, with their clean-up, and its analysis that links each container
to the image it runs. Only what would ask a server is answered from the estate instead.
"""

import argparse
import json
import logging
import os
import sys
import time
from contextlib import contextmanager

import neo4j
from cartography.analysis.ontology.analysis import RESOLVED_IMAGE_JOBS
from cartography.config import Config
from cartography.intel import create_indexes
from cartography.intel.gitlab import (
    container_images,
    container_repositories,
    container_repository_tags,
    organizations,
)
from cartography.intel.kubernetes import clusters, namespaces, pods
from cartography.util import run_typed_analysis_job

import estate as told

ORGANIZATION = 1
GITLAB = "https://gitlab.example.com"
CLUSTER_ID = "uid-of-kube-system"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--images", type=int, required=True)
    arguments.add_argument("--containers", type=int, required=True)
    # Cartography's default is the time in seconds; what it says is only which sync saw a node last.
    arguments.add_argument("--update-tag", type=int, required=True)
    arguments = arguments.parse_args()
    logging.basicConfig(level=logging.WARNING)
    # In an empty graph the server notes each label and property that its statements name before their time.
    logging.getLogger("neo4j.notifications").setLevel(logging.ERROR)

    estate = told.Estate(arguments.images, arguments.containers)
    prepare(estate)
    tags = told.gitlab_tags(estate)
    endpoint, user, password = (
        os.environ[f"GRAPH_{name}"] for name in ("ENDPOINT", "USER", "PASSWORD")
    )
    with neo4j.GraphDatabase.driver(endpoint, auth=(user, password)) as driver:
        driver.verify_connectivity()
        with driver.session() as session:
            times = sync(session, endpoint, estate, tags, arguments.update_tag)
    json.dump(times, sys.stdout)


def prepare(estate):
    """Answers from the estate where the modules would ask a server."""
    answers = told.RegistryAnswers(estate)
    repositories = told.gitlab_repositories(estate)
    container_repositories.get_container_repositories = lambda *_: repositories
    container_images._get_manifest = answers.manifest
    container_images.fetch_registry_blob = answers.blob
    pods.get_pods = lambda _client: told.kubernetes_pods(estate)


class Client:
    """What `sync_pods` reads of its client."""

    name = told.CLUSTER


def sync(session, endpoint, estate, tags, update_tag):
    times = {}

    @contextmanager
    def timed(part):
        begin = time.monotonic()
        yield
        times[part] = time.monotonic() - begin

    with timed("indexes"):
        create_indexes.run(session, Config(neo4j_uri=endpoint, update_tag=update_tag))

    # cartography.intel.gitlab, its phase of containers.
    job = {"UPDATE_TAG": update_tag, "org_id": ORGANIZATION, "gitlab_url": GITLAB}
    scope = {"org_id": ORGANIZATION, "update_tag": update_tag, "common_job_parameters": job}
    asked = (session, GITLAB, "no token")
    with timed("repositories"):
        organization = {"id": ORGANIZATION, "name": "example", "gitlab_url": GITLAB}
        organizations.load_organizations(session, [organization], update_tag)
        repositories = container_repositories.sync_container_repositories(
            *asked, group_id=ORGANIZATION, **scope
        )
    with timed("images"):
        grouped = container_repository_tags.group_tags_by_repository(tags)
        container_images.sync_container_images(
            *asked, repositories=repositories, tags_by_repository=grouped, **scope
        )
    with timed("tags"):
        container_repository_tags.sync_container_repository_tags(
            *asked, repositories=repositories, raw_tags=tags, **scope
        )

    # cartography.intel.kubernetes.
    job = {"UPDATE_TAG": update_tag, "CLUSTER_ID": CLUSTER_ID}
    with timed("namespaces"):
        clusters.load_kubernetes_cluster(
            session, [{"id": CLUSTER_ID, "name": told.CLUSTER}], update_tag
        )
        namespaces.load_namespaces(
            session,
            [{"uid": f"uid-of-{name}", "name": name} for name in told.NAMESPACES],
            update_tag,
            told.CLUSTER,
            CLUSTER_ID,
        )
        namespaces.cleanup(session, job)
    with timed("pods and containers"):
        pods.sync_pods(session, Client, update_tag, job)

    # cartography.intel.ontology, of which only this is about images that run.
    with timed("RESOLVED_IMAGE"):
        for analysis in RESOLVED_IMAGE_JOBS:
            run_typed_analysis_job(analysis, session, {"UPDATE_TAG": update_tag})
    return times


if __name__ == "__main__":
    main()
