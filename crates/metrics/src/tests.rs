use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn metrics() -> Metrics {
    Metrics::new(&Setup {
        version: "1.2.3".to_owned(),
        graph: "neo4j",
        rules: vec!["same-as".to_owned()],
        sources: vec!["registry r.example:5000".to_owned()],
    })
}

/// The value of a series as it is rendered.
fn value(metrics: &Metrics, now: SystemTime, series: &str) -> Option<String> {
    let text = metrics.render(now);
    let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
    lines
        .find(|(name, _)| *name == series)
        .map(|(_, value)| value.to_owned())
}

fn check(metrics: &Metrics, series: &str, wanted: &str) {
    let is = value(metrics, SystemTime::now(), series);
    assert_eq!(is.as_deref(), Some(wanted), "{series}");
}

#[test]
fn what_is_counted_begins_at_zero() {
    let metrics = metrics();
    for series in [
        "polar_provenance_passes_total{kind=\"full\",outcome=\"done\"}",
        "polar_provenance_passes_total{kind=\"unknown\",outcome=\"failed\"}",
        "polar_provenance_rule_created_total{rule=\"same-as\"}",
        "polar_provenance_source_readings_total{source=\"registry r.example:5000\",outcome=\"failed\"}",
        "polar_provenance_source_retries_total{source=\"registry r.example:5000\"}",
        "polar_provenance_graph_retries_total",
        "polar_provenance_lease_losses_total",
        "polar_provenance_writer",
    ] {
        check(&metrics, series, "0");
    }
}

#[test]
fn passes_rules_and_retries_add_up() {
    let metrics = metrics();
    let figures = RuleFigures {
        created: 3,
        removed: 1,
        matched: Some(7),
        took: SECOND / 2,
    };
    for _ in 0..2 {
        metrics.pass(PassKind::Full, PassOutcome::Done, 2 * SECOND);
        metrics.rule("same-as", &figures);
    }
    metrics.graph_retries(5);
    metrics.graph_retries(6);
    metrics.change_seen(41);
    for (series, wanted) in [
        ("passes_total{kind=\"full\",outcome=\"done\"}", "2"),
        ("pass_duration_seconds_count{kind=\"full\"}", "2"),
        ("pass_duration_seconds_sum{kind=\"full\"}", "4.0"),
        ("pass_duration_seconds_bucket{kind=\"full\",le=\"1\"}", "0"),
        ("pass_duration_seconds_bucket{kind=\"full\",le=\"5\"}", "2"),
        ("rule_created_total{rule=\"same-as\"}", "6"),
        ("rule_removed_total{rule=\"same-as\"}", "2"),
        ("rule_matched{rule=\"same-as\"}", "7"),
        ("rule_seconds_total{rule=\"same-as\"}", "1.0"),
        ("graph_retries_total", "6"),
        ("change_seen", "41"),
    ] {
        check(&metrics, &format!("polar_provenance_{series}"), wanted);
    }
}

#[test]
fn a_kind_of_finding_that_is_gone_is_told_no_more() {
    let metrics = metrics();
    let series = |kind| format!("polar_provenance_findings{{kind=\"{kind}\",severity=\"high\"}}");
    metrics.findings([("unsigned", "high", 4), ("unbuilt", "high", 1)]);
    check(&metrics, &series("unsigned"), "4");
    metrics.findings([("unbuilt", "high", 2)]);
    check(&metrics, &series("unbuilt"), "2");
    let gone = value(&metrics, SystemTime::now(), &series("unsigned"));
    assert_eq!(gone, None);
}

#[test]
fn a_source_ages_until_it_is_read_completely() {
    let metrics = metrics();
    let source = "registry r.example:5000";
    let series = format!("polar_provenance_source_age_seconds{{source=\"{source}\"}}");
    let age = |seconds: u64| {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        value(&metrics, at, &series)
    };
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    assert_eq!(age(1000), None);
    // Never read completely: since it was tried first.
    metrics.reading_begins(source, at(1000), None);
    metrics.reading(source, ReadingOutcome::Incomplete, SECOND, at(1010));
    metrics.reading_begins(source, at(1100), None);
    assert_eq!(age(1200).as_deref(), Some("200.0"));
    assert!(!metrics.knows_age(source));
    metrics.reading(source, ReadingOutcome::Complete, SECOND, at(1200));
    metrics.reading(source, ReadingOutcome::Failed, SECOND, at(1290));
    assert_eq!(age(1300).as_deref(), Some("100.0"));
    // A clock that was set back.
    assert_eq!(age(1100).as_deref(), Some("0.0"));
    // Another replica knows better from now on; a new writer asks the graph.
    metrics.stands_by();
    assert_eq!(age(1300), None);
    metrics.reading_begins(source, at(1400), Some(at(1350)));
    assert_eq!(age(1400).as_deref(), Some("50.0"));
}

#[test]
fn names_are_escaped() {
    let metrics = metrics();
    metrics.problem("a\"b\\c\nd");
    check(
        &metrics,
        "polar_provenance_source_problems_total{source=\"a\\\"b\\\\c\\nd\"}",
        "1",
    );
}
