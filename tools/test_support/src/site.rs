//! Sites of strangers: what a browser has open besides the pages of OK and of the game.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Serves one page under every path of a free port, for the rest of the process. Gives the port.
pub fn serve(page: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        loop {
            serve_once(&listener, &page);
        }
    });
    port
}

/// Serves the page to the next client.
pub fn serve_once(listener: &TcpListener, page: &str) {
    for stream in listener.incoming().flatten() {
        // Browsers open connections ahead, and may leave them silent.
        _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        if !read_head(&stream).is_empty() {
            _ = respond(&stream, page);
            return;
        }
    }
}

/// Reads the lines of a request before its body, without their ends.
pub fn read_head(stream: &TcpStream) -> Vec<String> {
    BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect()
}

/// Responds with a page.
pub fn respond(mut stream: &TcpStream, page: &str) -> io::Result<()> {
    let length = page.len();
    let headers = "Content-Type: text/html; charset=utf-8\r\nConnection: close";
    write!(
        stream,
        "HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{page}"
    )
}

/// Serves a folder on a free port of 127.0.0.1 for the rest of the process, with these headers in
/// every response, each with its end of line. Gives the port.
pub fn serve_folder(folder: &Path, headers: &'static str) -> u16 {
    serve_folder_with(folder, move |_| headers)
}

/// Serves a folder as [`serve_folder`] does, with headers that depend on the path. It has no
/// leading slash.
pub fn serve_folder_with(
    folder: &Path,
    headers: impl Fn(&str) -> &'static str + Clone + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let folder = folder.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (folder, headers) = (folder.clone(), headers.clone());
            // Browsers open connections ahead and leave them silent.
            thread::spawn(move || serve_file(&stream, &folder, &headers));
        }
    });
    port
}

fn serve_file(mut stream: &TcpStream, folder: &Path, headers: &dyn Fn(&str) -> &'static str) {
    _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let head = read_head(stream);
    let Some(path) = head.first().and_then(|line| line.split([' ', '?']).nth(1)) else {
        return;
    };
    let path = path.trim_start_matches('/');
    let file = folder.join(if path.is_empty() { "index.html" } else { path });
    // A path must not lead out of the folder.
    let is_inside = !path.split('/').any(|part| part == "..");
    let (status, body) = match std::fs::read(&file) {
        Ok(body) if is_inside => ("200 OK", body),
        _ => ("404 Not Found", Vec::new()),
    };
    let kind = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let (length, headers) = (body.len(), headers(path));
    _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nCache-Control: no-cache\r\n{headers}\
         Connection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    _ = stream.write_all(&body);
}
