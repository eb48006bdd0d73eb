//! `ledger serve`: the ledger as a service.
//!
//! Not here: routes, and who may use them (`ledger-server`). Invariant: the first thing that is on the network is a gate.

use super::DONE;
use super::token::access::{USUAL, make};
use crate::context::Context;
use crate::output::{DIM, GOOD, WARN, say, say_json, styled};
use crate::supervisor;
use crate::trace::{self, Form, Level};
use ledger_core::intent::Bearer;
use ledger_core::key::SecretKey;
use ledger_core::ledger::Ledger;
use ledger_core::names::Line;
use ledger_core::sequencer::queue::Bounds;
use ledger_core::{Code, Error, Result};
use ledger_server::{Entrance, Gate, Limits, Link, SOCKET, Server, Service, Socket, make_room, tls};
use serde_json::json;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Where the server listens when nothing is said.
const USUAL_ADDRESS: &str = "127.0.0.1:7420";
/// What stands for no address at all.
const NONE: &str = "none";
/// Requests a second that one token is good for when nothing is said.
const USUAL_RATE: u32 = 5_000;

/// Arguments of `serve`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger serve\n  \
    curl --unix-socket ledger-data/serve.sock http://ledger/v1/status\n  \
    curl --unix-socket ledger-data/serve.sock http://ledger/v1/append -d '{\"kind\":\"note\",\"actor\":\"GID-H01\",\"data\":{\"text\":\"hello\"}}'\n  \
    curl -H \"Authorization: Bearer $(ledger token new GID-01)\" http://127.0.0.1:7420/v1/status\n  \
    ledger serve --listen 0.0.0.0:7420 --tls-cert cert.pem --tls-key key.pem --host ledger.example\n\n\
    The socket is open to the user who started the server, and to nobody else. Over the network every request needs a token (`ledger token\n\
    new`). The first start prints a link that opens the pages in a browser, once; later ones come from `ledger token new GID --url`.\n\
    Ctrl-C ends the server: what was answered is on disk.")]
pub struct ServeArgs {
    /// Address to listen on, or `none` [default: 127.0.0.1:7420, or another port when that is taken]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Unix socket to listen on; the command line finds it wherever it is [default: serve.sock in the ledger's directory]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Name that the server answers for besides its address (may be repeated)
    #[arg(long = "host", value_name = "NAME[:PORT]")]
    pub hosts: Vec<String>,
    /// Certificate chain, PEM; needed for an address that others can reach
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Secret key of the certificate, PEM, readable by you alone
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Requests a second that one token is good for; 0 for any number
    #[arg(long, value_name = "N", default_value_t = USUAL_RATE)]
    pub rate: u32,
    /// How the server says on standard error what it does
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Human)]
    pub log: Form,
    /// How much it says [default: $LEDGER_LOG, else info]
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub log_level: Option<Level>,
}

/// Serves until it is told to stop.
pub fn run(args: &ServeArgs, ctx: &Context) -> anyhow::Result<u8> {
    trace::begin(args.log, args.log_level.map_or_else(|| ctx.log_level(), Ok)?);
    let ledger = ctx.ledger()?;
    let no_runtime = |e: std::io::Error| Error::new(Code::CannotListen, format!("no threads: {e}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("serve")
        .build()
        .map_err(no_runtime)?;
    runtime.block_on(serve(args, ctx, ledger))
}

async fn serve(args: &ServeArgs, ctx: &Context, ledger: Ledger) -> anyhow::Result<u8> {
    let path = args.socket.clone().unwrap_or_else(|| ctx.location.dir.join(SOCKET));
    let known = ctx.location.dir.join(SOCKET);
    Link::clear(&known)?;
    let mut socket = Socket::bind(&path)?;
    // Wherever it is, commands find it in the ledger's directory.
    let _link = Link::to(socket.path(), &known)?;
    let network = network(args)?;
    let token = network.as_ref().and_then(|_| first_token(&ledger, ctx).transpose()).transpose()?;
    let stop = CancellationToken::new();
    stop_on_signals(&stop, ctx.notify_socket())?;
    let service = Arc::new(Service::new(ledger, Bounds::default(), stop.clone())?);
    let gate = Gate::new(Arc::clone(&service), args.rate)?;
    let url = network.as_ref().and_then(Entrance::url);
    if let Some(url) = &url {
        gate.found_at(url.clone());
    }
    let link =
        token.map(|token| gate.code_for(token.secret())).transpose()?.and_then(|code| gate.link(&code));
    announce(ctx, &socket, url.as_deref(), link.as_deref())?;
    let limits = Limits::default();
    make_room(limits.connections);
    let server = Server::new(service, gate, limits);
    supervisor::tell(ctx.notify_socket().as_deref(), "READY=1");
    let owners = socket.take().map(Entrance::owners);
    let run = async |entrance: Option<Entrance>| match entrance {
        Some(entrance) => server.run(entrance, &stop).await,
        None => true,
    };
    let (in_time, in_time_too) = tokio::join!(run(owners), run(network));
    if !(in_time && in_time_too) {
        say(styled(WARN, "some requests had not ended and were given up"))?;
    }
    drop(server);
    if !ctx.json {
        say("stopped")?;
    }
    Ok(DONE)
}

fn stop_on_signals(stop: &CancellationToken, supervisor: Option<OsString>) -> std::io::Result<()> {
    let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = stop.clone();
    tokio::spawn(async move {
        tokio::select! { _ = signals.0.recv() => {}, _ = signals.1.recv() => {} }
        supervisor::tell(supervisor.as_deref(), "STOPPING=1");
        stop.cancel();
        // Whoever asks twice does not want to wait.
        tokio::select! { _ = signals.0.recv() => {}, _ = signals.1.recv() => {} }
        std::process::exit(130);
    });
    Ok(())
}

/// The entrance from the network, if there is to be one.
fn network(args: &ServeArgs) -> Result<Option<Entrance>> {
    let named = args.listen.as_deref();
    if named == Some(NONE) {
        return Ok(None);
    }
    let text = named.unwrap_or(USUAL_ADDRESS);
    let address: SocketAddr = text.parse().map_err(|_| {
        Error::new(Code::Usage, format!("{text:?} is no address with a port"))
            .hint("write one like 127.0.0.1:7420, [::1]:7420, or none")
    })?;
    let files = args.tls_cert.as_deref().zip(args.tls_key.as_deref());
    let acceptor = files.map(|(certificates, key)| tls::acceptor(certificates, key)).transpose()?;
    match Entrance::network(address, acceptor.clone(), &args.hosts) {
        // Another ledger is served there; nobody asked for this very port.
        Err(e) if named.is_none() && e.code == Code::CannotListen => {
            let any = SocketAddr::new(address.ip(), 0);
            Entrance::network(any, acceptor, &args.hosts).map(Some)
        }
        entrance => entrance.map(Some),
    }
}

/// A token for the first admin, when the log has never given one and their key is at hand.
fn first_token(ledger: &Ledger, ctx: &Context) -> Result<Option<Bearer>> {
    let (registry, log) = {
        let sequencer = ledger.sequencer();
        (sequencer.shared_registry(), sequencer.log().clone())
    };
    let admin = registry.genesis().map(|g| g.admin.gid.clone());
    let Some(admin) = admin.filter(|_| registry.access().issued().next().is_none()) else { return Ok(None) };
    let key = ctx.location.key_file(admin.as_str());
    if !key.exists() || !registry.is_active(admin.as_str()) {
        return Ok(None);
    }
    let log_id = log.log_id.map(|id| id.to_hex()).unwrap_or_default();
    let label = Line::new("made by the first start of the server")?;
    let what = (&admin, None, Some(&label));
    let (given, mut intent) = make(&ctx.location, &registry, &log_id, what, USUAL, admin.clone())?;
    ledger.sign(&mut intent, &SecretKey::read(&key)?)?;
    ledger.append(intent)?;
    Ok(Some(Bearer::new(given.token)))
}

/// Says where the server is.
fn announce(ctx: &Context, socket: &Socket, url: Option<&str>, link: Option<&str>) -> anyhow::Result<()> {
    let (dir, socket) = (ctx.location.dir.display().to_string(), socket.path().display().to_string());
    if ctx.json {
        let mut answer = json!({ "data": dir, "socket": socket });
        for (name, value) in [("url", url), ("link", link)] {
            if let (Some(value), Some(members)) = (value, answer.as_object_mut()) {
                members.insert(name.to_owned(), value.into());
            }
        }
        return say_json(&answer);
    }
    say(format!(
        "{} {dir} at {socket}{}",
        styled(GOOD, "serving"),
        url.map(|u| format!(" and {u}")).unwrap_or_default()
    ))?;
    match (url, link) {
        (_, Some(link)) => say(format!("open once, within ten minutes: {link}"))?,
        (Some(_), None) => say(styled(DIM, "for a browser: ledger token new GID --url"))?,
        (None, None) => {}
    }
    say(styled(DIM, format!("try: curl --unix-socket {socket} http://ledger/v1/status")))?;
    Ok(())
}
