//! Sites of strangers: what a browser has open besides the pages of OK and of the game.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
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
    for mut stream in listener.incoming().flatten() {
        // Browsers open connections ahead, and may leave them silent.
        _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let head = BufReader::new(&stream)
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .count();
        if head > 0 {
            let length = page.len();
            let headers = "Content-Type: text/html; charset=utf-8\r\nConnection: close";
            _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{page}"
            );
            return;
        }
    }
}
