//! Text that Polar took from elsewhere is data here as well, in whichever property it stands.

use std::collections::{BTreeMap, BTreeSet};

use polar_graph::{GraphStore, Statement};
use polar_model::{Label, Value};
use polar_testkit::{on_both, wipe};

use crate::polar::{Store, adopted, company, lines, polars, reconcile};

const HOSTILE: &str = "x'\"`\\ }) DETACH DELETE n // ' OR 1=1 `) CREATE (:Owned {key: 'x'}) /* -- \
                       \\u0027 \u{0} $rows {{label}} ${x} :Label:`Other` -[:EDGE]->\r\n\u{1b}[2J%00";

/// The properties with texts of each of Polar's labels.
async fn texts(store: &dyn GraphStore) -> BTreeMap<String, BTreeSet<String>> {
    let text = "MATCH (n) WHERE n.key IS NULL UNWIND keys(n) AS name
                WITH labels(n)[0] AS label, name, n[name] AS value
                RETURN DISTINCT label, name, value";
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in store.read(Statement::new(text)).await.unwrap() {
        if row.get("value").as_str().is_some() {
            let names = texts.entry(row.text("label").to_owned()).or_default();
            names.insert(row.text("name").to_owned());
        }
    }
    texts
}

#[tokio::test]
async fn whatever_stands_in_whichever_property_is_data() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        let texts = texts(store).await;
        let rounds = texts.values().map(BTreeSet::len).max().unwrap();
        assert!(texts.len() >= 15 && rounds >= 5, "{texts:#?}");
        let mut taken_over = 0;
        for round in 0..rounds {
            wipe(store).await;
            company(store).await;
            // Of each label another property: what it is joined by stands elsewhere meanwhile.
            let hostile = texts.iter().filter_map(|(label, names)| {
                let name = names.iter().nth(round)?;
                let text =
                    format!("MATCH (n:{label}) WHERE n.{name} IS NOT NULL SET n.{name} = $text");
                Some(Statement::new(text).with("text", HOSTILE))
            });
            store.write(hostile.collect()).await.unwrap();
            let before = polars(store).await;
            let (adoption, problems) = adopted(store).await;
            reconcile(store).await;
            assert_eq!(polars(store).await, before);

            let labels = "MATCH (n) UNWIND labels(n) AS label RETURN DISTINCT label AS line";
            for label in lines(store, labels).await {
                let is_known = Label::ALL.iter().any(|known| known.as_str() == label);
                assert!(is_known || texts.contains_key(&label), "{label}");
            }
            let values = "MATCH (n) WHERE n.key IS NOT NULL RETURN properties(n) AS props";
            for row in store.read(Statement::new(values)).await.unwrap() {
                let Value::Map(props) = row.get("props") else {
                    panic!("{row:?}")
                };
                let whole =
                    |value: &&Value| value.as_str().is_some_and(|text| text.contains(HOSTILE));
                taken_over += props.values().filter(whole).count();
            }
            // What cannot be read is told, what was adopted is not written again.
            let (again, told) = adopted(store).await;
            assert!(again.written.is_zero(), "round {round}: {again:#?}");
            assert_eq!(told, problems, "{adoption:#?}");
        }
        assert!(taken_over >= 5, "only {taken_over} texts were taken over");
    })
    .await;
}
