//! The log as static files: the checkpoint, tiles of hashes and bundles of leaves, for any client of tiled logs.
//!
//! Not an API of ours: everything a client proves it computes itself from these. Invariant: nothing is given that the signed checkpoint does
//! not cover; what was given once is the same for ever, the checkpoint excepted. Source: <https://c2sp.org/tlog-tiles>.

use crate::entries::RUN;
use crate::problem::Problem;
use crate::state::Service;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};
use ledger_core::ledger::read;
use ledger_core::store::Store;
use ledger_core::{Code, Error};
use ledger_proofs::{Hash, NodeId, TILE_HEIGHT, TILE_WIDTH, TileKind, TilePath, encode_bundle};
use std::sync::Arc;

/// The checkpoint changes with every commit.
const FLEETING: &str = "max-age=1";
/// A tile never does, not even one that is not full: its width is in its name.
const FOR_EVER: &str = "max-age=31536000, immutable";

/// An answer that is not to be compressed.
#[derive(Clone)]
struct AsItIs;

/// Which answers may be compressed: tlog-tiles speaks of compression for bundles of entries only, and hashes do not get shorter.
pub fn may_be_compressed(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<AsItIs>().is_none()
}

/// `GET /log/checkpoint`: the signed head.
#[utoipa::path(
    get,
    path = "/log/checkpoint",
    tag = "static log",
    responses((status = 200, description = "The signed head", content((String = "text/plain; charset=utf-8"))))
)]
pub async fn checkpoint(State(service): State<Arc<Service>>) -> Result<Response, Problem> {
    let note = service.ask(|s| Ok(read::signed_head(s.store())?.0.to_string())).await?;
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, FLEETING)];
    Ok((headers, axum::Extension(AsItIs), note).into_response())
}

/// `GET /log/tile/{path}`: hashes, at `{level}/{index}[.p/{width}]`, or entries, at `entries/{index}[.p/{width}]`.
#[utoipa::path(
    get,
    path = "/log/tile/{*path}",
    tag = "static log",
    params(("path" = String, Path, description = "`L/N` or `entries/N`, with `.p/W` where it is partial; its slashes stand as they are", example = "0/000.p/1")),
    responses((status = 200, description = "Hashes, or entries", content((Vec<u8> = "application/octet-stream"))))
)]
pub async fn tile(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(rest) = path?;
    let none = |why: String| Error::new(Code::NoSuchRoute, why);
    let tile: TilePath =
        format!("tile/{rest}").parse().map_err(|e: ledger_proofs::TileError| none(e.to_string()))?;
    let bytes = service.ask(move |s| {
        let size = read::signed_head(s.store())?.1.size();
        if tile.tile().width_in(size) < tile.width() {
            return Err(none(format!("the log of {size} entries has no {tile}")));
        }
        match tile.kind() {
            TileKind::Hashes { .. } => hashes(s.store(), tile),
            TileKind::Entries => bundle(s.store(), tile),
        }
    });
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, FOR_EVER)];
    let response = (headers, bytes.await?).into_response();
    match tile.kind() {
        TileKind::Hashes { .. } => Ok((axum::Extension(AsItIs), response).into_response()),
        TileKind::Entries => Ok(response),
    }
}

/// The first place of a tile, and how many there are.
fn places(tile: TilePath) -> Option<std::ops::Range<u64>> {
    let first = tile.tile().index.checked_mul(TILE_WIDTH.into())?;
    Some(first..first.checked_add(tile.width().into())?)
}

fn outside() -> Error {
    Error::new(Code::NoSuchRoute, "no log is that long")
}

fn hashes(store: &dyn Store, tile: TilePath) -> Result<Vec<u8>, Error> {
    let level = tile.tile().level.checked_mul(TILE_HEIGHT).ok_or_else(outside)?;
    let ids: Vec<NodeId> = places(tile).ok_or_else(outside)?.map(|index| NodeId { level, index }).collect();
    let hashes = store.nodes(&ids)?;
    Ok(hashes.iter().flat_map(Hash::as_bytes).copied().collect())
}

/// Leaves; their data is left out as soon as it was read.
fn bundle(store: &dyn Store, tile: TilePath) -> Result<Vec<u8>, Error> {
    let range = places(tile).ok_or_else(outside)?;
    let mut leaves = Vec::with_capacity(tile.width().into());
    let mut next = range.start;
    while next < range.end {
        let count = usize::try_from(range.end.saturating_sub(next)).unwrap_or(RUN).min(RUN);
        let entries = store.entries(next, count)?;
        if entries.is_empty() {
            return Err(Error::new(Code::Damaged, format!("entry {next} is missing")));
        }
        next = next.saturating_add(entries.len() as u64);
        leaves.extend(entries.into_iter().map(|e| e.leaf));
    }
    encode_bundle(&leaves).map_err(|e| Error::new(Code::Damaged, e.to_string()))
}
