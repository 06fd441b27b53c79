//! A running server inside another program.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::config::Config;
use crate::server;
use crate::store::{Store, StoreError};

/// A server on threads of its own. Dropping it stops it at once and frees the port.
///
/// ```
/// use backend_example::{Config, Instance, Place};
/// use odnoklassniki::{ApplicationId, ApplicationSecretKey};
///
/// # let folder = tempfile::tempdir()?;
/// let mut config = Config::new(ApplicationId::new(1), "CBAPUBLICKEY", ApplicationSecretKey::new("S3CR3T"));
/// config.listen = ([127, 0, 0, 1], 0).into(); // a free port
/// config.place = Place::File(folder.path().join("backend.sqlite3"));
/// let instance = Instance::start(config)?;
/// assert!(instance.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Instance {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("{0}; look at DATABASE or REDIS_URL")]
    Store(#[from] StoreError),
    /// There is no socket or no thread.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

impl Instance {
    /// Starts it, and returns once it listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(config: Config) -> Result<Self, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let (started, is_started) = mpsc::channel();
        let run = move || {
            runtime.block_on(async {
                match open(config).await {
                    Ok((listener, address, router)) => {
                        // Who started it is waiting; if not any more, `stopped` has ended too.
                        let _ = started.send(Ok(address));
                        tokio::select! {
                            _ = server::serve(listener, router, std::future::pending()) => (),
                            _ = stopped => (),
                        }
                    }
                    Err(error) => {
                        let _ = started.send(Err(error));
                    }
                }
            });
            // A call to OK that is still under way must not hold up whoever drops the instance.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new()
            .name("ok-backend".into())
            .spawn(run)?;
        let address = is_started
            .recv()
            .map_err(|_| io::Error::other("its thread has ended"))??;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns the socket address where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns its URL without a slash at the end: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Opens what a server needs: its store first, so that a server that cannot work accepts no
/// connection.
async fn open(config: Config) -> Result<(TcpListener, SocketAddr, axum::Router), StartError> {
    let store = Store::open(&config.place, config.app_id).await?;
    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    Ok((listener, address, server::router(config, store)))
}

impl Drop for Instance {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
