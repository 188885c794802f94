//! The objects of a GitLab with three projects, shaped as in its API documentation.

use std::collections::BTreeMap;

use serde_json::{Value, json};

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// Objects by path below `/api/v4`, lists as arrays. What is not here is not there.
pub(crate) type World = BTreeMap<String, Value>;

fn user(username: &str, name: &str) -> Value {
    json!({"id": 31, "username": username, "name": name, "state": "active", "locked": false,
        "avatar_url": null, "web_url": format!("https://gitlab.example.com/{username}")})
}

fn project(id: i64, path: &str) -> Value {
    let name = path.rsplit('/').next().unwrap();
    json!({"id": id, "description": null, "name": name, "name_with_namespace": path, "path": name,
        "path_with_namespace": path, "created_at": "2013-09-30T13:46:02Z", "default_branch": "main",
        "tag_list": [], "topics": [], "ssh_url_to_repo": "git@gitlab.example.com:x.git",
        "web_url": format!("https://gitlab.example.com/{path}"), "readme_url": null,
        "forks_count": 0, "avatar_url": null, "star_count": 0,
        "last_activity_at": "2026-10-05T13:46:02Z", "namespace": {"id": 2, "kind": "group"}})
}

fn commit(id: &str, title: &str) -> Value {
    json!({"id": id, "short_id": &id[..8], "title": title, "message": format!("{title}\n"),
        "author_name": "Alice Novak", "author_email": "alice@example.com",
        "authored_date": "2026-10-05T08:41:12.000+00:00", "committer_name": "Alice Novak",
        "committed_date": "2026-10-05T10:41:12.000+02:00", "created_at": "2026-10-05T08:41:12.000Z",
        "parent_ids": [], "trailers": {}, "extended_trailers": {},
        "web_url": format!("https://gitlab.example.com/c/{}", &id[..8])})
}

fn pipeline(id: i64, source: &str, sha: &str, status: &str) -> Value {
    json!({"id": id, "iid": 12, "project_id": 9, "status": status, "source": source, "ref": "v1.4.0",
        "sha": sha, "name": "Build", "web_url": format!("https://gitlab.example.com/p/{id}"),
        "created_at": "2026-10-05T13:00:00.085Z", "updated_at": "2026-10-05T13:40:00.169Z"})
}

fn pipeline_in_full(id: i64, source: &str, sha: &str, status: &str, by: Value) -> Value {
    let mut pipeline = pipeline(id, source, sha, status);
    let more = json!({"before_sha": "0000000000000000000000000000000000000000", "tag": true,
        "yaml_errors": null, "user": by, "started_at": "2026-10-05T13:00:10.197Z",
        "finished_at": (status == "success").then_some("2026-10-05T13:40:00.175Z"),
        "committed_at": null, "duration": 34, "queued_duration": 6, "coverage": null,
        "detailed_status": {"icon": "status_success", "text": "passed", "illustration": null}});
    let more = more.as_object().unwrap().clone();
    pipeline.as_object_mut().unwrap().extend(more);
    pipeline
}

fn job(id: i64, name: &str, status: &str, from: &str, to: Option<&str>, artifacts: bool) -> Value {
    let on = |time: &str| format!("2026-10-05T{time}.500+00:00");
    json!({"id": id, "name": name, "stage": "build", "status": status, "ref": "v1.4.0", "tag": true,
        "coverage": null, "allow_failure": false, "created_at": "2026-10-05T13:00:00.500Z",
        "started_at": on(from), "finished_at": to.map(on), "erased_at": null, "duration": 0.173,
        "user": user("release-bot", "Release Bot"), "commit": {"id": M, "title": "Merge"},
        "pipeline": {"id": 7, "project_id": 9}, "failure_reason": null, "web_url": "https://x.example",
        "artifacts": [{"file_type": "trace", "size": 1000, "filename": "job.log", "file_format": null}],
        "artifacts_file": artifacts.then(|| json!({"filename": "artifacts.zip", "size": 1000})),
        "runner": {"id": 32, "description": "runner-arm-3", "ip_address": null, "active": true,
            "paused": false, "is_shared": true, "runner_type": "instance_type", "name": null,
            "online": true, "status": "online"},
        "runner_manager": null, "artifacts_expire_at": null, "archived": false, "tag_list": ["docker"]})
}

fn merge_request(iid: i64, state: &str, merge_sha: Option<&str>) -> Value {
    json!({"id": 90_000 + iid, "iid": iid, "project_id": 9, "title": format!("Change {iid}"),
        "description": null, "state": state, "created_at": "2026-10-01T08:00:00.000Z",
        "updated_at": "2026-10-05T12:00:00.000Z", "target_branch": "main",
        "source_branch": "rounding", "upvotes": 0, "author": user("alice", "Alice Novak"),
        "assignees": [], "assignee": null, "reviewers": [], "labels": [], "draft": false,
        "merged_by": null, "merge_user": user("bruno", "Bruno Costa"), "milestone": null,
        "merged_at": (state == "merged").then_some("2026-10-05T12:00:00.000Z"), "closed_by": null,
        "closed_at": null, "merge_status": "can_be_merged", "sha": C1, "squash": false,
        "merge_commit_sha": merge_sha, "squash_commit_sha": null, "has_conflicts": false,
        "web_url": format!("https://gitlab.example.com/m/{iid}"),
        "time_stats": {"time_estimate": 0, "human_time_estimate": null}})
}

/// The newest first.
fn versions(iid: i64, times: &[&str]) -> Value {
    let version = |(number, time): (usize, &&str)| {
        json!({"id": 110 + number, "head_commit_sha": C1, "base_commit_sha": GONE,
            "start_commit_sha": GONE, "created_at": time, "merge_request_id": 90_000 + iid,
            "state": "collected", "real_size": "1",
            "patch_id_sha": "d504412d5b6e6739647e752aff8e468dde093f2f"})
    };
    times.iter().enumerate().map(version).collect()
}

fn tag(name: &str, digest: &str, created_at: &str) -> Value {
    json!({"name": name, "path": format!("shop/checkout:{name}"),
        "location": format!("registry.example.com:5050/shop/checkout:{name}"),
        "revision": "e9ed9d87c881d8c2fd3a31b41904d01ba0b836e7fd15240d774d811a1c248181",
        "short_revision": "e9ed9d87c", "digest": digest, "created_at": created_at,
        "total_size": 350_224_384, "media_type": "application/vnd.oci.image.index.v1+json"})
}

fn repository(id: i64, path: &str) -> Value {
    json!({"id": id, "name": "", "path": path, "project_id": 9, "created_at": "2019-01-10T13:38:57.391Z",
        "location": format!("registry.example.com:5050/{path}"), "status": null,
        "cleanup_policy_started_at": null})
}

/// The merge commit, a commit, one that is not there any more, and one of another project.
const M: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";
const C1: &str = "aaea088c0b90c86eb1e14ea8b44eaaea0ba9c7a1";
const C2: &str = "1111111111111111111111111111111111111111";
const C3: &str = "3333333333333333333333333333333333333333";
const GONE: &str = "dead0000dead0000dead0000dead0000dead0000";

pub(crate) fn world() -> World {
    let bot = || user("release-bot", "Release Bot");
    let dana = user("dana", "Dana Lee");
    let entries = [
        (
            "projects",
            json!([
                project(9, "shop/checkout"),
                project(12, "platform/base"),
                project(15, "docs/site")
            ]),
        ),
        (
            "projects/9/merge_requests",
            json!([
                merge_request(413, "opened", None),
                merge_request(412, "merged", Some(M)),
                merge_request(411, "closed", None),
            ]),
        ),
        ("projects/9/merge_requests/413/versions", versions(413, &[])),
        (
            "projects/9/merge_requests/413/approvals",
            json!({"approved": false, "approved_by": []}),
        ),
        (
            "projects/9/merge_requests/413/commits",
            json!([commit(C3, "Not yet")]),
        ),
        (
            "projects/9/merge_requests/412/versions",
            versions(
                412,
                &["2026-10-05T10:58:20.100Z", "2026-10-01T08:00:00.000Z"],
            ),
        ),
        (
            "projects/9/merge_requests/412/approvals",
            json!({"id": 5, "approvals_required": 2,
            "approvals_left": 0, "merge_status": "can_be_merged", "approved_by": [
                {"user": user("bruno", "Bruno Costa"), "approved_at": "2026-10-05T11:00:00.123Z"},
                {"user": dana}, {"user": null}]}),
        ),
        (
            "projects/9/merge_requests/412/commits",
            json!([
                commit(C1, "Round totals"),
                commit(C2, "Test it"),
                commit(C3, "Not yet"),
            ]),
        ),
        (
            "projects/9/merge_requests/411/versions",
            versions(411, &["2026-10-01T08:00:00.000Z"]),
        ),
        (
            "projects/9/merge_requests/411/approvals",
            json!({"approved_by": []}),
        ),
        ("projects/9/merge_requests/411/commits", json!([])),
        (
            "projects/9/pipelines",
            json!([
                pipeline(481_516, "push", M, "success"),
                pipeline(481_400, "web", C1, "success"),
                pipeline(481_000, "schedule", GONE, "running"),
            ]),
        ),
        (
            "projects/9/pipelines?source=parent_pipeline",
            json!([pipeline(481_517, "parent_pipeline", M, "success"),]),
        ),
        (
            "projects/9/pipelines/481516",
            pipeline_in_full(481_516, "push", M, "success", bot()),
        ),
        (
            "projects/9/pipelines/481517",
            pipeline_in_full(481_517, "parent_pipeline", M, "success", bot()),
        ),
        (
            "projects/9/pipelines/481400",
            pipeline_in_full(481_400, "web", C1, "success", Value::Null),
        ),
        (
            "projects/9/pipelines/481000",
            pipeline_in_full(481_000, "schedule", GONE, "running", bot()),
        ),
        (
            "projects/9/pipelines/481516/jobs",
            json!([
                job(71, "build", "success", "13:10:00", Some("13:20:00"), true),
                job(72, "test", "failed", "13:20:00", Some("13:25:00"), true),
                job(73, "pages", "success", "13:25:00", Some("13:26:00"), false),
            ]),
        ),
        (
            "projects/9/pipelines/481517/jobs",
            json!([job(
                80,
                "push",
                "success",
                "13:12:00",
                Some("13:15:00"),
                false
            ),]),
        ),
        ("projects/9/pipelines/481400/jobs", json!([])),
        (
            "projects/9/pipelines/481000/jobs",
            json!([job(60, "nightly", "running", "13:00:00", None, false),]),
        ),
        (
            "projects/9/jobs/71/artifacts/image.env",
            json!(format!(
                "IMAGE=registry.example.com:5050/shop/checkout:1.4.0\nDIGEST={A}\nPASSWORD=hunter2\n"
            )),
        ),
        (
            "projects/9/jobs/71/artifacts/metadata.json",
            json!({
            "containerimage.digest": B, "image.name": "acme.azurecr.io/shop/checkout:1.4.0"}),
        ),
        (
            "projects/9/repository/commits/8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed",
            commit(M, "Merge branch 'rounding' into 'main'"),
        ),
        (
            "projects/9/releases",
            json!([
            {"tag_name": "v1.4.0", "description": "", "name": "1.4.0", "upcoming_release": false,
                "created_at": "2026-10-05T14:00:00.000Z", "released_at": "2026-10-05T14:00:00.000Z",
                "author": user("alice", "Alice Novak"), "commit": commit(M, "Merge"),
                "milestones": [], "assets": {"count": 0, "links": []}},
            {"tag_name": "v1.3.0", "name": "1.3.0", "released_at": null}]),
        ),
        (
            "projects/9/packages",
            json!([{"id": 7731, "name": "shop-service", "version": "2.3.0",
            "package_type": "helm", "status": "default", "tags": [], "pipelines": [],
            "created_at": "2026-10-05T13:24:58.000Z", "_links": {"web_path": "/x"},
            "pipeline": {"id": 481_516, "iid": 12, "status": "success"}}]),
        ),
        (
            "projects/9/registry/repositories",
            json!([
                repository(2, "shop/checkout"),
                repository(3, "shop/checkout/tools")
            ]),
        ),
        (
            "projects/9/registry/repositories/2/tags",
            json!([{"name": "1.4.0", "path": "x"},
            {"name": "latest", "path": "x"}, {"name": "removed", "path": "x"}]),
        ),
        (
            "projects/9/registry/repositories/2/tags/1.4.0",
            tag("1.4.0", A, "2026-10-05T13:14:00.272+00:00"),
        ),
        (
            "projects/9/registry/repositories/2/tags/latest",
            tag("latest", A, "2026-10-05T13:14:00.272+00:00"),
        ),
        (
            "projects/9/registry/repositories/3/tags",
            json!([{"name": "v1", "path": "x"}]),
        ),
        (
            "projects/9/registry/repositories/3/tags/v1",
            tag("v1", B, "2026-09-01T00:00:00.000+00:00"),
        ),
        ("projects/12/merge_requests", json!([])),
        (
            "projects/12/pipelines",
            json!([pipeline(481_600, "push", C2, "success")]),
        ),
        ("projects/12/pipelines?source=parent_pipeline", json!([])),
        (
            "projects/12/pipelines/481600",
            pipeline_in_full(481_600, "push", C2, "success", bot()),
        ),
        (
            "projects/12/repository/commits/1111111111111111111111111111111111111111",
            commit(C2, "Test it"),
        ),
        (
            "projects/12/pipelines/481600/jobs",
            json!([job(
                90,
                "build",
                "success",
                "14:00:00",
                Some("14:10:00"),
                false
            )]),
        ),
        ("projects/12/registry/repositories", json!(403)),
        (
            "projects/15",
            json!({"id": 15, "path_with_namespace": "docs/site", "archived": true,
            "repository_access_level": "enabled", "builds_access_level": "disabled",
            "merge_requests_access_level": "disabled"}),
        ),
        ("projects/15/merge_requests", json!(403)),
        ("projects/15/pipelines", json!(403)),
        ("projects/15/releases", json!(403)),
    ];
    let entries = entries.into_iter();
    entries
        .map(|(path, value)| (path.to_owned(), value))
        .collect()
}
