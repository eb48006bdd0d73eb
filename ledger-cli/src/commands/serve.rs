//! `ledger serve`: the ledger as a service.

use super::DONE;
use crate::context::Context;
use crate::output::{DIM, GOOD, WARN, say, styled};
use crate::supervisor;
use crate::trace::{self, Form, Level};
use ledger_core::sequencer::queue::Bounds;
use ledger_core::{Code, Error};
use ledger_server::{Limits, Link, SOCKET, Server, Service, Socket, make_room};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Arguments of `serve`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  ledger serve\n  \
    curl --unix-socket ledger-data/serve.sock http://ledger/v1/status\n  \
    curl --unix-socket ledger-data/serve.sock http://ledger/v1/append -d '{\"kind\":\"note\",\"actor\":\"GID-H01\",\"data\":{\"text\":\"hello\"}}'\n\n\
    The socket is open to the user who started the server, and to nobody else. Ctrl-C ends the server: what was answered is on disk.")]
pub struct ServeArgs {
    /// Unix socket to listen on; the command line finds it wherever it is [default: serve.sock in the ledger's directory]
    #[arg(long, value_name = "PATH")]
    pub socket: Option<PathBuf>,
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
    let path = args.socket.clone().unwrap_or_else(|| ctx.location.dir.join(SOCKET));
    let no_runtime = |e: std::io::Error| Error::new(Code::CannotListen, format!("no threads: {e}"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("serve")
        .build()
        .map_err(no_runtime)?;
    runtime.block_on(async {
        let known = ctx.location.dir.join(SOCKET);
        Link::clear(&known)?;
        let mut socket = Socket::bind(&path)?;
        // Wherever it is, commands find it in the ledger's directory.
        let _link = Link::to(socket.path(), &known)?;
        let stop = CancellationToken::new();
        let service = Service::new(ledger, Bounds::default(), stop.clone())?;
        let mut signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (stopper, supervisor) = (stop.clone(), ctx.notify_socket());
        tokio::spawn(async move {
            tokio::select! { _ = signals.0.recv() => {}, _ = signals.1.recv() => {} }
            supervisor::tell(supervisor.as_deref(), "STOPPING=1");
            stopper.cancel();
            // Whoever asks twice does not want to wait.
            tokio::select! { _ = signals.0.recv() => {}, _ = signals.1.recv() => {} }
            std::process::exit(130);
        });
        say(format!(
            "{} {} at {}",
            styled(GOOD, "serving"),
            ctx.location.dir.display(),
            socket.path().display()
        ))?;
        say(styled(
            DIM,
            format!("try: curl --unix-socket {} http://ledger/v1/status", socket.path().display()),
        ))?;
        let limits = Limits::default();
        make_room(limits.connections);
        let server = Server::new(Arc::new(service), limits);
        supervisor::tell(ctx.notify_socket().as_deref(), "READY=1");
        if let Some(listener) = socket.take()
            && !server.run(listener, &stop).await
        {
            say(styled(WARN, "some requests had not ended and were given up"))?;
        }
        drop(server);
        say("stopped")?;
        Ok(DONE)
    })
}
