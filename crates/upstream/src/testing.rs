//! A server on loopback for the tests of this crate: one answer for each path, and a log of what it was asked.
use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Status, further header lines, body; the content type stands among the header lines.
pub type Answer = (u16, String, String);
const JSON: &str = "content-type: application/json\r\n";

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A whole request: its path with the query, its header lines, its body.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: String,
    pub body: String,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            answers: Arc::default(),
            asked: Arc::default(),
            requests: Arc::default(),
        };
        let serving = server.clone();
        std::thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| serving.answer(&stream))
        });
        server
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What a path answers from now on.
    pub fn says(&self, path: &str, body: &str) {
        self.puts(path, (200, JSON.to_owned(), body.to_owned()));
    }

    /// An answer with another status and content type.
    pub fn answers(&self, path: &str, status: u16, kind: &str, body: &str) {
        self.puts(path, (status, format!("content-type: {kind}\r\n"), body.to_owned()));
    }

    /// With a `Link` to the next page.
    pub fn continues(&self, path: &str, body: &str, next: &str) {
        self.puts(path, (200, format!("{JSON}link: <{next}>; rel=\"next\"\r\n"), body.to_owned()));
    }

    pub fn leads(&self, path: &str, status: u16, to: &str) {
        self.puts(path, (status, format!("location: {}\r\n", self.url(to)), String::new()));
    }

    fn puts(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// Paths that were asked; "" for a connection that spoke no HTTP.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The last request to a path, without looking at its query.
    pub fn last(&self, path: &str) -> Request {
        self.requests
            .lock()
            .unwrap()
            .iter()
            .rev()
            .find(|r| r.path.split('?').next() == Some(path))
            .cloned()
            .unwrap_or_default()
    }

    fn answer(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        let _read = reader.read_until(b'\n', &mut line);
        let line = String::from_utf8_lossy(&line).into_owned();
        let path =
            line.split(' ').nth(1).filter(|p| p.starts_with('/')).unwrap_or_default().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        if path.is_empty() {
            return;
        }
        let mut length = 0;
        let (mut header, mut headers) = (String::new(), String::new());
        while reader.read_line(&mut header).is_ok_and(|n| n > 2) {
            if let Some(n) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
            headers.push_str(&header);
            header.clear();
        }
        let mut body = String::new();
        let _body = reader.take(length).read_to_string(&mut body);
        let method = line.split(' ').next().unwrap_or_default().to_owned();
        self.requests.lock().unwrap().push(Request { method, path: path.clone(), headers, body });
        let answers = self.answers.lock().unwrap().clone();
        let (status, headers, body) = answers
            .get(&path)
            .or_else(|| answers.get(path.split('?').next()?))
            .cloned()
            .unwrap_or((404, String::new(), String::new()));
        let _written = write!(
            &mut &*stream,
            "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
            body.len()
        );
    }
}
