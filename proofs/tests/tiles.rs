//! Tiles, their paths and entry bundles, against `tlog_tiles` and the examples of the specification.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, reason = "small test sizes")]

use std::collections::HashMap;

use ledger_proofs::{
    Frontier, Hash, NodeId, ProofError, TileError, TileHashes, TileId, TileKind, TilePath, consistency,
    encode_bundle, inclusion, leaf_hash, parse_bundle, tree,
};
use proptest::prelude::*;

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_le_bytes())
}

/// All tiles of a tree, each level made from the roots of the full tiles below it.
fn tiles(size: u64) -> HashMap<TileId, TileHashes> {
    let mut tiles = HashMap::new();
    let mut hashes: Vec<Hash> = (0..size).map(leaf).collect();
    for level in 0.. {
        let made: Vec<_> =
            hashes.chunks(256).map(|leaves| TileHashes::from_leaves(leaves).unwrap()).collect();
        hashes = made.iter().filter_map(TileHashes::root).collect();
        tiles.extend((0..).map(|index| TileId { level, index }).zip(made));
        if hashes.is_empty() {
            break;
        }
    }
    tiles
}

#[test]
fn the_tree_of_70_000_leaves_from_its_tiles() {
    // The specification's example: its tiles and widths.
    let size = 70_000;
    let tiles = tiles(size);
    let mut widths: Vec<_> = tiles.iter().map(|(id, tile)| (id.level, id.index, tile.width())).collect();
    widths.sort_unstable();
    let mut expected: Vec<_> = (0..273).map(|index| (0, index, 256)).collect();
    expected.extend([(0, 273, 112), (1, 0, 256), (1, 1, 17), (2, 0, 1)]);
    assert_eq!(widths, expected);
    for (level, index, width) in widths {
        assert_eq!(TileId { level, index }.width_in(size), width);
        assert_eq!(TileId { level, index: index + 300 }.width_in(size), 0);
    }

    let fetch = |node| {
        let id = TileId::containing(node);
        tiles.get(&id).and_then(|tile| tile.node(id, node)).ok_or(ProofError::MissingNode(node))
    };
    let mut frontier = Frontier::new();
    let mut heads = HashMap::new();
    for index in 0..size {
        frontier.push(leaf(index)).unwrap();
        heads.insert(index + 1, frontier.root());
    }
    for at in [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 69_999, 70_000] {
        assert_eq!(tree::root(at, fetch), Ok(heads[&at]), "root at {at}");
        for index in [0, at / 2, at - 1] {
            let proof = inclusion::prove(index, at, fetch).unwrap();
            assert_eq!(proof.verify(&leaf(index), &heads[&at]), Ok(()));
        }
        let proof = consistency::prove(at, size, fetch).unwrap();
        assert_eq!(proof.verify(&heads[&at], &heads[&size]), Ok(()));
    }
    let missing = ProofError::MissingNode(NodeId { level: 0, index: 70_004 });
    assert_eq!(inclusion::prove(size - 1, size + 5, fetch), Err(missing.clone()));
    assert_eq!(consistency::prove(size - 1, size + 5, fetch), Err(missing));
}

#[test]
fn every_node_of_a_tile_of_every_width() {
    let leaves: Vec<Hash> = (0..256).map(leaf).collect();
    let mut growing = TileHashes::default();
    assert_eq!((growing.width(), growing.root(), growing.leaves()), (0, None, [].as_slice()));
    let id = TileId { level: 3, index: 5 };
    for width in 1..=256_u16 {
        growing.push(leaves[usize::from(width) - 1]).unwrap();
        let bytes = growing.to_bytes();
        assert_eq!(TileHashes::from_leaves(&leaves[..usize::from(width)]), Ok(growing.clone()));
        assert_eq!(TileHashes::from_bytes(&bytes, width), Ok(growing.clone()));
        for wrong in [width - 1, width + 1] {
            assert!(TileHashes::from_bytes(&bytes, wrong).is_err());
        }
        let expected = usize::from(width) * 32;
        let short = TileError::ByteLength { expected, got: expected - 1 };
        assert_eq!(TileHashes::from_bytes(&bytes[1..], width), Err(short));
        for height in 0..=8_u8 {
            for offset in 0..=(256_usize >> height) {
                let hashes = 1_usize << height;
                let complete = (offset + 1) * hashes <= usize::from(width);
                let subtree = bytes.get(offset * hashes * 32..(offset + 1) * hashes * 32);
                let expected =
                    complete.then(|| Hash::from_bytes(tlog_tiles::Tile::subtree_hash(subtree.unwrap()).0));
                assert_eq!(growing.get(height, offset), expected, "width {width}, {height}/{offset}");
                let per_tile = 256_u64 >> height;
                if (offset as u64) < per_tile {
                    let node = NodeId { level: 24 + height, index: 5 * per_tile + offset as u64 };
                    assert_eq!(growing.node(id, node), expected, "{node:?}");
                    let next_tile = NodeId { index: node.index + per_tile, ..node };
                    assert_eq!(growing.node(id, next_tile), None, "the same place in another tile");
                }
            }
        }
        assert_eq!((growing.get(9, 0), growing.get(255, 0)), (None, None));
    }
    let full = growing.clone();
    assert_eq!(growing.push(leaves[0]), Err(TileError::Width(257)));
    assert_eq!(growing, full);
    assert_eq!(TileHashes::from_leaves(&[]), Err(TileError::Width(0)));
}

#[test]
fn paths_of_the_specification() {
    let tile = |level, index| TileId { level, index };
    let cases = [
        (TilePath::hashes(tile(0, 1_234_067), 256), "tile/0/x001/x234/067"),
        (TilePath::hashes(tile(0, 1_067), 256), "tile/0/x001/067"),
        (TilePath::hashes(tile(1, 0), 17), "tile/1/000.p/17"),
        (TilePath::hashes(tile(63, 999), 255), "tile/63/999.p/255"),
        (TilePath::entries(1_000, 256), "tile/entries/x001/000"),
        (TilePath::entries(67, 1), "tile/entries/067.p/1"),
        (TilePath::entries(u64::MAX, 9), "tile/entries/x018/x446/x744/x073/x709/x551/615.p/9"),
    ];
    for (path, text) in cases {
        let path = path.unwrap();
        assert_eq!(path.to_string(), text);
        assert_eq!(text.parse(), Ok(path));
    }
    assert_eq!(TilePath::hashes(tile(64, 0), 1), Err(TileError::Level(64)));
    assert_eq!(TilePath::entries(0, 0), Err(TileError::Width(0)));
    assert_eq!(TilePath::entries(0, 257), Err(TileError::Width(257)));
}

#[test]
fn paths_that_are_none() {
    let cases = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile//000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/256/000",
        "tile/data/000",
        "tile/Entries/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/x001/x002",
        "tile/0/xx01/002",
        "tile/0/x01/002",
        "tile/0/+01",
        "tile/0/x001//002",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/2",
        "tile/0/000.p/1.p/2",
        "tile/0/../000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/\u{661}\u{662}\u{663}",
        "tile/0/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001",
    ];
    for text in cases {
        assert!(matches!(text.parse::<TilePath>(), Err(TileError::Path(_))), "{text}");
    }
}

#[test]
fn bundles_that_are_none() {
    assert_eq!(encode_bundle::<&[u8]>(&[]), Err(TileError::Width(0)));
    assert_eq!(encode_bundle(&[b""; 257]), Err(TileError::Width(257)));
    let large = [vec![], vec![0; 65_536]];
    assert_eq!(encode_bundle(&large), Err(TileError::EntryTooLong { entry: 1, got: 65_536 }));
    assert_eq!(encode_bundle(&[vec![7; 65_535]]).unwrap().len(), 65_537);
    assert_eq!(encode_bundle(&["ab", ""]).unwrap(), b"\0\x02ab\0\0", "big-endian length, then the entry");
    assert_eq!(parse_bundle(b"", 0), Err(TileError::Width(0)));
    assert_eq!(parse_bundle(b"", 257), Err(TileError::Width(257)));
}

/// Whether `tlog_tiles` parses a path, which it writes in the older way. On a width of 0 and on levels above 63, which
/// are no paths either, it panics.
fn oracle_knows(text: &str) -> bool {
    let zero_width =
        text.rsplit_once(".p/").is_some_and(|(_, width)| width.bytes().all(|digit| digit == b'0'));
    let level = text.split('/').nth(1).and_then(|level| level.parse::<u8>().ok());
    if zero_width || level > Some(63) || text.contains("data") {
        return false;
    }
    let older = text.replacen("tile/", "tile/8/", 1).replacen("/entries/", "/data/", 1);
    tlog_tiles::Tile::from_path(&older).is_ok()
}

/// Strings that are nearly paths.
fn near_path() -> impl Strategy<Value = String> {
    "tile/(entries|data|[0-9]{1,3})(/x?[0-9]{2,3}){1,4}(\\.p/[0-9]{0,3})?"
}

proptest! {
    #[test]
    fn paths_agree_with_the_oracle(
        level in 0..64_u8, index in any::<u64>(), shift in 0..64_u32, width in 1..=256_u16, entries: bool,
    ) {
        let index = index >> shift;
        let ours = if entries {
            TilePath::entries(index, width)
        } else {
            TilePath::hashes(TileId { level, index }, width)
        };
        let level = if entries { 0 } else { level };
        // The oracle's paths are older: with the height in front, and "data" for entries.
        let theirs = tlog_tiles::Tile::new(8, level, index, width.into(), entries).path();
        let theirs = theirs.replacen("tile/8/", "tile/", 1).replacen("/data/", "/entries/", 1);
        let path = ours.unwrap();
        prop_assert_eq!(path.to_string(), theirs);
        prop_assert_eq!(path.to_string().parse(), Ok(path));
        prop_assert_eq!((path.tile(), path.width()), (TileId { level, index }, width));
        prop_assert_eq!(path.kind() == TileKind::Entries, entries);
        prop_assert_eq!(path.is_full(), width == 256);
    }

    #[test]
    fn a_parsed_path_is_the_only_spelling(text in prop_oneof![near_path(), ".*"]) {
        let parsed = text.parse::<TilePath>();
        if let Ok(path) = parsed {
            prop_assert_eq!(path.to_string(), text.clone());
        }
        prop_assert_eq!(parsed.is_ok(), oracle_knows(&text), "{:?}", parsed);
    }

    #[test]
    fn nodes_are_in_the_tile_that_the_oracle_names(level in 0..40_u8, index in 0..1_u64 << 20) {
        let theirs = tlog_tiles::Tile::from_index(8, tlog_tiles::stored_hash_index(level, index));
        let ours = TileId::containing(NodeId { level, index });
        prop_assert_eq!((ours.level, ours.index), (theirs.level(), theirs.level_index()));
        prop_assert_eq!(TileId::containing(ours.root_node()).level, ours.level + 1);
    }

    #[test]
    fn bundles_read_back(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..=256)) {
        let bytes = encode_bundle(&entries).unwrap();
        let width = entries.len() as u16;
        prop_assert_eq!(parse_bundle(&bytes, width).unwrap(), entries.iter().collect::<Vec<_>>());
        let cut = parse_bundle(&bytes[..bytes.len() - 1], width);
        prop_assert_eq!(cut, Err(TileError::BundleCutShort { entry: entries.len() - 1 }));
        let longer = [bytes, vec![0]].concat();
        prop_assert_eq!(parse_bundle(&longer, width), Err(TileError::BundleTooLong { extra: 1 }));
    }

    #[test]
    fn arbitrary_bytes_are_no_other_bundle(
        bytes in prop::collection::vec(prop_oneof![4 => Just(0_u8), 2 => 0..3_u8, 1 => any::<u8>()], 0..60),
        width in 0..12_u16,
    ) {
        if let Ok(entries) = parse_bundle(&bytes, width) {
            prop_assert_eq!(encode_bundle(&entries), Ok(bytes));
        }
    }
}
