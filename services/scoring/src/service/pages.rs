//! Pages of rankings kept at hand as they go over the wire, bounded by their bytes.
//!
//! A ranking is of a run that has SUCCEEDED, and the results of such a run never change: not when it is published or
//! withdrawn, not by another process on the same record. Only what stands beside a rank does: the interval of the newest
//! analysis of uncertainty. Analyses never change either and the newest of a run only ever makes room for a newer one, so
//! its number is part of what a page is called ([`Asked`]), and under that name a page is right for ever. What is kept
//! needs no word from anybody to stay right; the number is two seeks in indexes of the record, whoever made the analysis.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use prost::bytes::Bytes;
use xiuhua_contracts::scoring::v1 as proto;

/// What a page is called: all that decides what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    /// The request.
    pub(super) request: proto::ListRankingRequest,
    /// The newest analysis of the run by the time it was read, or an older one; `None` where there was none.
    pub(super) analysis: Option<i64>,
}

/// What keeping a page takes beside its bytes and those of its name, roughly: entries of two maps and their slack.
const ENTRY_BYTES: usize = 512;

/// Pages by what was asked, the longest unused ones given up first.
#[derive(Debug)]
pub(crate) struct PageShelf {
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    pages: HashMap<Arc<Asked>, Page>,
    /// The same pages by when they were last used.
    by_use: BTreeMap<u64, Arc<Asked>>,
    /// Rises with every use.
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Page {
    encoded: Bytes,
    used: u64,
}

impl PageShelf {
    /// An empty shelf for that many bytes; 0 keeps nothing.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, kept: Mutex::default() }
    }

    /// The page that was kept for this request.
    pub(super) fn find(&self, asked: &Asked) -> Option<Bytes> {
        let mut guard = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *guard;
        let page = kept.pages.get_mut(asked)?;
        kept.uses += 1;
        let name = kept.by_use.remove(&page.used)?;
        page.used = kept.uses;
        kept.by_use.insert(kept.uses, name);
        Some(page.encoded.clone())
    }

    /// Keeps a page, unless it alone is larger than the shelf.
    pub(super) fn put(&self, asked: Asked, encoded: Bytes) {
        let bytes = weight(&asked, &encoded);
        if bytes > self.most_bytes {
            return;
        }
        let mut guard = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = &mut *guard;
        if kept.pages.contains_key(&asked) {
            // Two callers read the same page at once.
            return;
        }
        while kept.bytes + bytes > self.most_bytes {
            let Some((_, oldest)) = kept.by_use.pop_first() else { break };
            if let Some(page) = kept.pages.remove(&oldest) {
                kept.bytes -= weight(&oldest, &page.encoded);
            }
        }
        kept.uses += 1;
        kept.bytes += bytes;
        let name = Arc::new(asked);
        kept.by_use.insert(kept.uses, Arc::clone(&name));
        kept.pages.insert(name, Page { encoded, used: kept.uses });
    }
}

/// Bytes that keeping a page takes.
fn weight(asked: &Asked, encoded: &Bytes) -> usize {
    let asked = &asked.request;
    let texts = [&asked.assessment_id, &asked.node, &asked.r#type, &asked.town_code, &asked.page_token];
    encoded.len() + texts.iter().map(|text| text.len()).sum::<usize>() + ENTRY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(page_size: u32) -> Asked {
        named(proto::ListRankingRequest { page_size, ..request() })
    }

    fn request() -> proto::ListRankingRequest {
        proto::ListRankingRequest { assessment_id: "a".to_owned(), page_size: 1, ..Default::default() }
    }

    fn named(request: proto::ListRankingRequest) -> Asked {
        Asked { request, analysis: Some(7) }
    }

    fn page(bytes: usize) -> Bytes {
        Bytes::from(vec![7; bytes])
    }

    #[test]
    fn a_page_is_found_under_all_that_was_asked_and_nothing_else() {
        let shelf = PageShelf::new(100_000);
        shelf.put(asked(1), page(10));
        assert_eq!(shelf.find(&asked(1)), Some(page(10)));
        let others = [
            named(proto::ListRankingRequest { assessment_id: "b".to_owned(), ..request() }),
            named(proto::ListRankingRequest { node: "N".to_owned(), ..request() }),
            named(proto::ListRankingRequest { r#type: "T".to_owned(), ..request() }),
            named(proto::ListRankingRequest { town_code: "C".to_owned(), ..request() }),
            named(proto::ListRankingRequest { reverse: true, ..request() }),
            named(proto::ListRankingRequest { page_token: "t".to_owned(), ..request() }),
            asked(2),
            Asked { analysis: Some(8), ..asked(1) },
            Asked { analysis: None, ..asked(1) },
        ];
        for other in others {
            assert_eq!(shelf.find(&other), None, "{other:?}");
        }
    }

    #[test]
    fn the_shelf_never_holds_more_than_its_bytes_and_gives_up_what_was_longest_unused() {
        let shelf = PageShelf::new(10 * (1_000 + ENTRY_BYTES + 1));
        for size in 0..10 {
            shelf.put(asked(size), page(1_000));
        }
        assert!(shelf.find(&asked(0)).is_some());
        for size in 10..1_000 {
            shelf.put(asked(size), page(1_000));
            assert!(shelf.find(&asked(0)).is_some(), "the one in use stays");
            let kept = shelf.kept.lock().unwrap();
            let held: usize = kept.pages.iter().map(|(name, page)| weight(name, &page.encoded)).sum();
            assert_eq!((kept.bytes, kept.by_use.len()), (held, kept.pages.len()));
            assert!(held <= shelf.most_bytes);
        }
        assert_eq!(shelf.kept.lock().unwrap().pages.len(), 10);
        assert!(shelf.find(&asked(1)).is_none());
    }

    #[test]
    fn a_page_that_is_larger_than_the_shelf_displaces_nothing() {
        let shelf = PageShelf::new(3_000);
        shelf.put(asked(1), page(1_000));
        shelf.put(asked(2), page(4_000));
        assert!(shelf.find(&asked(1)).is_some() && shelf.find(&asked(2)).is_none());
        let nothing = PageShelf::new(0);
        nothing.put(asked(1), page(0));
        assert!(nothing.find(&asked(1)).is_none());
    }
}
