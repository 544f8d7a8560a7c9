//! Texts nobody meant well: none may panic, hang or fill the memory, and none is half a catalog.

use proptest::prelude::*;
use proptest::sample::Index;
use xiuhua_indicators::catalog::{Catalog, CatalogFaults, Reason};
use xiuhua_indicators::shipped::SHIPPED;

/// What may be set into a text: the words and signs a catalog is made of, and what breaks them.
const SNIPPETS: &[&str] = &[
    "",
    "\"",
    "\"\"\"",
    "'",
    "[",
    "]]",
    "{",
    "}",
    "=",
    "\n",
    "\r",
    "\t",
    "\0",
    "#",
    ".",
    "花",
    "\u{feff}",
    "\u{202e}",
    "nan",
    "-inf",
    "1e999",
    "-1",
    "0",
    "99999999999999999999",
    "1979-05-27",
    "true",
    "[[leaf]]\n",
    "[[node]]\n",
    "[[measure]]\n",
    "[leaf]\n",
    "parent = \"INDEX\"\n",
    "parent = \"A\"\n",
    "points = 25\n",
    "weight = 1\n",
    "over = \"children\"\n",
    "mean = { power = -1 }\n",
    "change_of = \"A\"\n",
    "transform = \"ln\"\n",
    "treat = { share = 0.1 }\n",
    "treat = { force_upper = 7, force_low = 1 }\n",
    "impute = \"linear\"\n",
    "code = \"A\"\n",
];

#[derive(Clone, Debug)]
enum Mutation {
    /// Takes out what lies between two places.
    Cut(Index, Index),
    /// Sets a snippet in at a place.
    Insert(Index, &'static str),
    /// Takes out one line.
    Drop(Index),
    /// Writes one line again after another one.
    Repeat(Index, Index),
    /// Exchanges the values (what follows `=`) of two lines.
    Swap(Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Mutation::Cut(from, to)),
        (any::<Index>(), prop::sample::select(SNIPPETS)).prop_map(|(at, what)| Mutation::Insert(at, what)),
        any::<Index>().prop_map(Mutation::Drop),
        (any::<Index>(), any::<Index>()).prop_map(|(line, after)| Mutation::Repeat(line, after)),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Mutation::Swap(one, other)),
    ]
}

fn mutated(text: &str, mutation: &Mutation) -> String {
    let letters = || text.chars().collect::<Vec<char>>();
    let lines = || text.split_inclusive('\n').map(str::to_owned).collect::<Vec<String>>();
    match mutation {
        _ if text.is_empty() => String::new(),
        Mutation::Cut(from, to) => {
            let mut letters = letters();
            let from = from.index(letters.len());
            // A short cut leaves most of the catalog to be checked.
            let to = (from + to.index(40)).min(letters.len());
            letters.drain(from..to);
            letters.into_iter().collect()
        }
        Mutation::Insert(at, what) => {
            let mut letters = letters();
            let at = at.index(letters.len());
            letters.splice(at..at, what.chars());
            letters.into_iter().collect()
        }
        Mutation::Drop(line) => {
            let mut lines = lines();
            lines.remove(line.index(lines.len()));
            lines.concat()
        }
        Mutation::Repeat(line, after) => {
            let mut lines = lines();
            let again = lines[line.index(lines.len())].clone();
            let after = after.index(lines.len());
            lines.insert(after, again);
            lines.concat()
        }
        Mutation::Swap(one, other) => {
            let mut lines = lines();
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            let (mine, theirs) = (lines[one].clone(), lines[other].clone());
            if let (Some((key, value)), Some((other_key, other_value))) =
                (mine.split_once('='), theirs.split_once('='))
            {
                lines[one] = format!("{key}={other_value}");
                lines[other] = format!("{other_key}={value}");
            }
            lines.concat()
        }
    }
}

/// A text is a catalog that holds together, or it has faults that lie inside it.
fn assert_read_or_refused(text: &str) {
    match Catalog::parse(text) {
        Ok(catalog) => {
            let leaves = catalog.leaves_under(catalog.root());
            assert_eq!(leaves, catalog.leaves().collect::<Vec<_>>());
            assert!(!leaves.is_empty() && catalog.item(catalog.root()).parent.is_none());
            for (at, item) in catalog.items.iter().enumerate() {
                assert!(item.weight.is_finite() && item.weight >= 0.0, "{}: {}", item.code, item.weight);
                assert!(
                    item.parent.is_none_or(|above| above.0 < at),
                    "{} stands before its parent",
                    item.code
                );
            }
        }
        Err(faults) => {
            let places: Vec<(u32, u32)> =
                faults.into_iter().map(|fault| (fault.line, fault.column)).collect();
            assert!(!places.is_empty() && places.is_sorted());
            // One more than the lines there are: a text may end where something is missing.
            let last = u32::try_from(text.split('\n').count()).unwrap();
            assert!(places.iter().all(|&(line, column)| (1..=last).contains(&line) && column >= 1));
            let (zh, en): (Vec<_>, Vec<_>) = faults.into_iter().map(|fault| (&fault.zh, &fault.en)).unzip();
            assert!(zh.iter().chain(&en).all(|message| !message.is_empty()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}|(\\PC|[\\x00-\\x7f]){0,200}") {
        assert_read_or_refused(&text);
    }

    #[test]
    fn any_toml_of_the_layouts_words_is_read_or_refused(
        words in prop::collection::vec(prop::sample::select(SNIPPETS), 0..40)
    ) {
        assert_read_or_refused(&words.concat());
    }

    #[test]
    fn a_shipped_catalog_with_any_damage_is_read_or_refused(
        which in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let text = SHIPPED[which.index(SHIPPED.len())].text.to_owned();
        assert_read_or_refused(&mutations.iter().fold(text, |text, mutation| mutated(&text, mutation)));
    }
}

const HEAD: &str = "id = \"h\"\nversion = \"1\"\ntitle = { zh = \"大\", en = \"H\" }\nscale = 1\n\
                    defaults.direction = \"positive\"\n";

fn row(kind: &str, code: &str, parent: Option<&str>, rest: &str) -> String {
    let parent = parent.map_or_else(String::new, |parent| format!("parent = \"{parent}\"\n"));
    format!("[[{kind}]]\ncode = \"{code}\"\nname = {{ zh = \"甲\", en = \"a\" }}\n{parent}{rest}")
}

fn measure() -> &'static str {
    "[[measure]]\nid = \"m\"\nname = { zh = \"甲\", en = \"a\" }\nunit = \"%\"\nbounds = \"[0, 100]\"\n"
}

/// A chain of nodes with a leaf at its end, `levels` in all.
fn chain(levels: usize) -> String {
    let nodes = (1..levels).map(|level| {
        let parent = (level > 1).then(|| format!("n{}", level - 1));
        row("node", &format!("n{level}"), parent.as_deref(), "")
    });
    let parent = format!("n{}", levels - 1);
    let leaf = row("leaf", "leaf", Some(parent.as_str()), "measure = \"m\"\nweight = 1\n");
    [HEAD.to_owned(), nodes.collect(), leaf, measure().to_owned()].concat()
}

fn reasons(faults: &CatalogFaults) -> Vec<Reason> {
    faults.into_iter().map(|fault| fault.reason).collect()
}

#[test]
fn sixteen_levels_are_read_and_one_more_is_not() {
    assert!(Catalog::parse(&chain(16)).is_ok());
    let faults = Catalog::parse(&chain(17)).unwrap_err();
    assert_eq!(reasons(&faults), [Reason::TooDeep]);
    assert_eq!(faults.faults()[0].path, "leaf[leaf]");
}

#[test]
fn a_chain_of_thousands_is_refused_without_running_out_of_stack() {
    assert_eq!(reasons(&Catalog::parse(&chain(9_999)).unwrap_err()), [Reason::TooDeep]);
}

#[test]
fn ten_thousand_rows_are_read_and_one_more_is_not() {
    let text = |leaves: usize| {
        let leaves: String = (0..leaves)
            .map(|leaf| row("leaf", &format!("l{leaf}"), Some("r"), "measure = \"m\"\nweight = 1\n"))
            .collect();
        [HEAD, &row("node", "r", None, ""), &leaves, measure()].concat()
    };
    assert_eq!(Catalog::parse(&text(9_999)).map(|catalog| catalog.items.len()), Ok(10_000));
    assert_eq!(reasons(&Catalog::parse(&text(10_000)).unwrap_err()), [Reason::TooLarge]);
}

#[test]
fn a_text_of_more_than_four_mebibytes_is_not_even_parsed() {
    let padded = |bytes: usize| {
        let text = chain(3);
        let padding = "#".repeat(bytes - text.len());
        text + &padding
    };
    assert!(Catalog::parse(&padded(4 * 1024 * 1024)).is_ok());
    let faults = Catalog::parse(&padded(4 * 1024 * 1024 + 1)).unwrap_err();
    assert_eq!(reasons(&faults), [Reason::TooLarge]);
}

#[test]
fn brackets_without_end_are_refused_without_running_out_of_stack() {
    for brackets in ["[".repeat(200_000), "x = ".to_owned() + &"[".repeat(200_000), "{x=".repeat(100_000)] {
        assert_eq!(reasons(&Catalog::parse(&brackets).unwrap_err()), [Reason::Syntax]);
    }
}

#[test]
fn the_faults_that_are_kept_are_bounded_and_the_rest_is_counted() {
    let unknown: String = (0..12_000).map(|key| format!("k{key} = 1\n")).collect();
    let faults = Catalog::parse(&unknown).unwrap_err();
    assert_eq!(faults.faults().len(), 10_000);
    assert!(faults.omitted() >= 2_000);
    assert!(faults.to_string().ends_with(&format!("and {} more", faults.omitted())));
}
