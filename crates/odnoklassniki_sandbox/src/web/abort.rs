//! Connections that a handler can close without a response.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Closes the connection of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct AbortHandle(Arc<AtomicBool>);

impl AbortHandle {
    /// Stops all writing. The server then closes the connection.
    pub(super) fn abort(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, AbortableListener>> for AbortHandle {
    fn connect_info(stream: IncomingStream<'_, AbortableListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A listener whose connections come with an [`AbortHandle`] instead of a socket address.
pub(super) struct AbortableListener(pub(super) TcpListener);

impl Listener for AbortableListener {
    type Io = Connection;
    type Addr = AbortHandle;

    async fn accept(&mut self) -> (Connection, AbortHandle) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        let handle = AbortHandle::default();
        let connection = Connection {
            stream,
            handle: handle.clone(),
        };
        (connection, handle)
    }

    fn local_addr(&self) -> io::Result<AbortHandle> {
        Ok(AbortHandle::default())
    }
}

pub(super) struct Connection {
    stream: TcpStream,
    handle: AbortHandle,
}

impl Connection {
    fn check(&self) -> io::Result<()> {
        if self.handle.0.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
