//! PACs as they are, or as they were after any entry, in the views and pictures of the command line.

use crate::entries::{Order, slice};
use crate::problem::Problem;
use crate::state::Service;
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ledger_core::names::PacId;
use ledger_core::picture::Text;
use ledger_core::rules::pac::Phase;
use ledger_core::store::Store;
use ledger_core::view::as_of::{AsOf, Found, size_at};
use ledger_core::view::{GraphDocument, PacList, PacSummary, PacView, Slice, TimelineView};
use ledger_core::{Code, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Columns of a picture that is text, as in a pipe.
const COLUMNS: usize = 100;

/// As of which entry.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct At {
    /// What it did included; the last one when absent.
    pub at: Option<u64>,
}

/// As of which entry, in which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Picture {
    /// What it did included; the last one when absent.
    at: Option<u64>,
    /// The view, or a picture of it.
    #[serde(default)]
    #[param(inline)]
    format: Form,
}

/// The form of an answer.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The view.
    #[default]
    Json,
    /// Scalable vector graphics.
    Svg,
    /// Text of 100 columns.
    Text,
    /// A Mermaid flowchart; of a graph only.
    Mermaid,
    /// A Graphviz digraph; of a graph only.
    Dot,
}

/// Which PACs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Pacs {
    /// As of this entry; the last one when absent.
    at: Option<u64>,
    /// Only those that have not ended, or only those that have.
    open: Option<bool>,
    /// Only those in this phase.
    phase: Option<String>,
    /// Only those that were issued in this entry or later; or earlier, where the latest comes first.
    from: Option<u64>,
    /// Which end comes first.
    #[serde(default)]
    #[param(inline)]
    order: Order,
    /// Most rows.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Rows of PACs.
#[derive(Serialize, JsonSchema)]
pub struct PacsPage {
    /// The last entry that counts.
    at: u64,
    /// In the order in which they were issued, or the other way round.
    pacs: Vec<PacSummary>,
    /// The `from` of the following page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

impl Pacs {
    fn wants(&self, row: &PacSummary) -> bool {
        self.open.is_none_or(|open| open != row.closed)
            && self.phase.as_deref().is_none_or(|phase| phase.eq_ignore_ascii_case(row.phase.as_str()))
    }

    /// The phase must be one.
    fn check(&self) -> Result<(), Error> {
        let known = |said: &str| Phase::ALL.iter().any(|p| p.as_str().eq_ignore_ascii_case(said));
        match self.phase.as_deref() {
            Some(said) if !known(said) => {
                let said: String = said.chars().take(40).collect();
                let all = Phase::ALL.map(Phase::as_str).join(", ");
                Err(Error::new(Code::Usage, format!("{said:?} is no phase; they are {all}")))
            }
            _ => Ok(()),
        }
    }

    fn page(&self, slice: Slice, size: u64, list: &PacList) -> PacsPage {
        let rows = list.rows(slice.range()).filter(|row| self.wants(row));
        let (pacs, next) = slice.cut(rows, |row| row.issued.sequence);
        PacsPage { at: size.saturating_sub(1), pacs, next }
    }
}

/// `GET /v1/pacs?at=&open=&phase=&from=&order=&limit=`: what `ledger pac list --json` gives, in pages.
#[utoipa::path(
    get,
    path = "/v1/pacs",
    tag = "pacs",
    params(Pacs),
    responses((status = 200, description = "A page", body = ref("#/components/schemas/PacsPage")))
)]
pub async fn list(
    State(service): State<Arc<Service>>,
    query: Result<Query<Pacs>, QueryRejection>,
) -> Result<Json<PacsPage>, Problem> {
    let Query(asked) = query?;
    let slice = slice(asked.from, asked.order, asked.limit)?;
    asked.check()?;
    let Some(at) = asked.at else {
        let now = service.project(0, move |projection| {
            projection.check()?;
            Ok(asked.page(slice, projection.size(), projection.pacs()))
        });
        return Ok(Json(now.await?));
    };
    let then = service.read(move |reader| {
        let size = size_at(reader.head().size, Some(at))?;
        let mut list = PacList::default();
        reader.each(size, |sequence, entry| list.take_entry(sequence, entry))?;
        Ok(asked.page(slice, size, &list))
    });
    Ok(Json(then.await?))
}

/// `GET /v1/pacs/{id}?at=`: what `ledger pac show --json` gives.
#[utoipa::path(
    get,
    path = "/v1/pacs/{id}",
    tag = "pacs",
    params(("id" = String, Path, description = "Id of the PAC", example = "PAC-ATLAS-P1-SEARCH-01"), At),
    responses((status = 200, description = "The PAC", body = ref("#/components/schemas/Pac")))
)]
pub async fn one(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<At>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let (id, Query(At { at })) = (pac_id(path)?, query?);
    let view = service.read(move |reader| {
        let found = Found::find(reader, &id, at)?;
        json(&AsOf { at: found.at, view: PacView::of(&found.pac, &found.registry) })
    });
    Ok(Json(view.await?))
}

/// `GET /v1/pacs/{id}/graph?at=&format=`: what `ledger pac graph` gives, with `--json` or as a picture.
#[utoipa::path(
    get,
    path = "/v1/pacs/{id}/graph",
    tag = "pacs",
    params(("id" = String, Path, description = "Id of the PAC", example = "PAC-ATLAS-P1-SEARCH-01"), Picture),
    responses((status = 200, description = "The graph", content((ref("#/components/schemas/Graph") = "application/json"), (String = "image/svg+xml"), (String = "text/plain"), (String = "text/vnd.mermaid"), (String = "text/vnd.graphviz"))))
)]
pub async fn graph(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Picture>, QueryRejection>,
) -> Result<Response, Problem> {
    let (id, Query(Picture { at, format })) = (pac_id(path)?, query?);
    let drawn = service.read(move |reader| {
        let found = Found::find(reader, &id, at)?;
        let view = GraphDocument::of(&found.pac, &found.registry);
        let Some(graph) = view.graph.as_ref().filter(|_| format != Form::Json) else {
            if format == Form::Json {
                return Ok(Drawn { form: format, body: json(&AsOf { at: found.at, view })?.to_string() });
            }
            let why = format!("{id} has no graph to be drawn yet");
            return Err(Error::new(Code::NotInPac, why));
        };
        let picture = graph.picture(&found.pac);
        let body = match format {
            Form::Svg => picture.svg(),
            Form::Mermaid => picture.mermaid(),
            Form::Dot => picture.dot(),
            Form::Json | Form::Text => plain(&picture.text(COLUMNS)),
        };
        Ok(Drawn { form: format, body })
    });
    Ok(drawn.await?.into_response())
}

/// `GET /v1/pacs/{id}/timeline?at=&format=`: what `ledger pac timeline` gives, with `--json` or as a picture.
#[utoipa::path(
    get,
    path = "/v1/pacs/{id}/timeline",
    tag = "pacs",
    params(("id" = String, Path, description = "Id of the PAC", example = "PAC-ATLAS-P1-SEARCH-01"), Picture),
    responses((status = 200, description = "The timeline", content((ref("#/components/schemas/Timeline") = "application/json"), (String = "image/svg+xml"), (String = "text/plain"))))
)]
pub async fn timeline(
    State(service): State<Arc<Service>>,
    path: Result<Path<String>, PathRejection>,
    query: Result<Query<Picture>, QueryRejection>,
) -> Result<Response, Problem> {
    let (id, Query(Picture { at, format })) = (pac_id(path)?, query?);
    if matches!(format, Form::Mermaid | Form::Dot) {
        return Err(Error::new(Code::Usage, "the format of a timeline is json, svg or text").into());
    }
    let drawn = service.read(move |reader| {
        let (found, steps) = Found::history(reader, &id, at)?;
        let view = TimelineView::of(&found.pac, steps, &found.registry);
        let title = format!("{} {}", found.pac.id, found.pac.phase().as_str());
        let body = match format {
            Form::Svg => view.picture(&title).svg(),
            Form::Text => plain(&view.picture(&title).text(COLUMNS)),
            Form::Json | Form::Mermaid | Form::Dot => json(&AsOf { at: found.at, view })?.to_string(),
        };
        Ok(Drawn { form: format, body })
    });
    Ok(drawn.await?.into_response())
}

/// A document in some form.
pub struct Drawn {
    /// Which.
    pub form: Form,
    /// Its text.
    pub body: String,
}

impl IntoResponse for Drawn {
    fn into_response(self) -> Response {
        let kind = match self.form {
            Form::Json => "application/json",
            Form::Svg => "image/svg+xml",
            Form::Text => "text/plain; charset=utf-8",
            Form::Mermaid => "text/vnd.mermaid; charset=utf-8",
            Form::Dot => "text/vnd.graphviz; charset=utf-8",
        };
        ([(header::CONTENT_TYPE, kind)], self.body).into_response()
    }
}

/// As the command line says it where there is no colour.
pub fn plain(picture: &Text) -> String {
    format!("{}\n", picture.plain().trim_end_matches('\n'))
}

/// The PAC of a path.
pub fn pac_id(path: Result<Path<String>, PathRejection>) -> Result<PacId, Problem> {
    let Path(id) = path?;
    PacId::new(id).map_err(Problem::parameter)
}

/// Views borrow from the state that they are of, and do not outlive it.
pub fn json(view: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(view).map_err(|e| Error::new(Code::OutputFailed, e.to_string()))
}
