//! A web server whose pages the tests write, and which keeps what it was asked for.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A response: the status with more headers, and the body.
pub struct Reply {
    pub status: String,
    pub body: String,
}

/// Returns a page with this body.
pub fn page(body: impl AsRef<str>) -> Reply {
    Reply {
        status: "200 OK\r\nContent-Type: text/html; charset=utf-8".to_owned(),
        // Two colors, so that a picture of it shows something.
        body: format!(
            "<!doctype html><body style='margin:0;background:#fed'><p style='background:#048'>.</p>{}",
            body.as_ref()
        ),
    }
}

/// Returns a page that runs this script.
pub fn script(script: impl AsRef<str>) -> Reply {
    page(format!("<script>{}</script>", script.as_ref()))
}

/// Returns a redirection.
pub fn redirect(status: u16, to: &str) -> Reply {
    Reply {
        status: format!("{status} Found\r\nLocation: {to}"),
        body: String::new(),
    }
}

/// A server on a free port of 127.0.0.1, for the rest of the process.
pub struct Site {
    pub url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Starts one that answers by path, with its query.
    pub fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (requests.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (seen.clone(), answer.clone());
                // Browsers open connections ahead and leave them silent.
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}"),
            requests,
        }
    }

    /// Returns the paths of all requests so far, each with its method.
    pub fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().expect("no panic").clone();
        // Engines ask for that by themselves.
        requests.retain(|request| !request.contains("/favicon.ico"));
        requests
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Reply) {
    _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let mut reader = BufReader::new(&stream);
    let mut head = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        head.push(std::mem::take(&mut line));
    }
    let Some((method, path)) = head.first().and_then(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    }) else {
        return;
    };
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    _ = reader
        .take(length.unwrap_or(0))
        .read_to_end(&mut Vec::new());
    seen.lock()
        .expect("no panic")
        .push(format!("{method} {path}"));
    let reply = answer(&path);
    _ = write!(
        stream,
        "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
        reply.status,
        reply.body.len(),
        reply.body
    );
}
