//! A sweep over all places in their own order, whatever type they are of.
//!
//! Types lie mixed in a table. Whoever composes one type after the other reads every line of memory once a type; here a
//! window of places is composed for all types while its values and results are in the near caches.

use crate::compose::{BLOCK, Block, Composer, NodeColumn, Panel};
use crate::table::Table;

/// Places whose values and results stay in the second cache of a processor: about half a megabyte each.
const WINDOW: usize = 2048;

/// Composes all nodes, of which there are `nodes`, of all places, each place with the composer of its type; a column a
/// node.
///
/// `members[t]` are the places of the t-th type in ascending order, all inside the table; places in none are
/// unclassified. The table fits the composers' catalog.
pub(crate) fn compose_types(
    composers: &[Composer],
    members: &[Vec<usize>],
    z: &Table,
    nodes: usize,
) -> Vec<NodeColumn> {
    // Not copies of one: zeros of its own come untouched from the system.
    let mut columns: Vec<NodeColumn> = (0..nodes).map(|_| NodeColumn::to_be_filled(z.places())).collect();
    let (mut block, mut panel) = (Block::new(z.columns().len()), Panel::new(z.columns().len()));
    let mut results = vec![NodeColumn::to_be_filled(BLOCK); nodes];
    let needed = vec![true; nodes];
    let mut ahead: Vec<&[usize]> = members.iter().map(Vec::as_slice).collect();
    for first in (0..z.places()).step_by(WINDOW) {
        let end = z.places().min(first + WINDOW);
        columns.iter_mut().for_each(|column| column.declassify(first, end - first));
        for (composer, ahead) in composers.iter().zip(&mut ahead) {
            let (here, later) = ahead.split_at(ahead.partition_point(|&place| place < end));
            *ahead = later;
            for places in here.chunks(BLOCK) {
                panel.gather(z, places);
                composer.compose_asked(&mut block, panel.all(), &needed, &mut results);
                for (column, found) in columns.iter_mut().zip(&results) {
                    column.scatter(found, places);
                }
            }
        }
    }
    columns
}
