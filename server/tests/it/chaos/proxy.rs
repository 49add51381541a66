//! A way to a database that can be cut, and that can lose the answer to a COMMIT.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections end, and new ones end at once.
    Cut,
    /// Connections stay, and nothing passes.
    Hole,
    /// After this many COMMITs, the next one reaches the server, and its answer is lost with the connection.
    LoseCommit(usize),
}

pub struct Proxy {
    pub port: u16,
    way: Arc<watch::Sender<Way>>,
    lost: Arc<AtomicUsize>,
}

impl Proxy {
    pub async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (way, lost) = (Arc::new(watch::channel(Way::Open).0), Arc::new(AtomicUsize::new(0)));
        let (set, counted) = (Arc::clone(&way), Arc::clone(&lost));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&set), Arc::clone(&counted)));
            }
        });
        Self { port, way, lost }
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// How many answers to a COMMIT were lost.
    pub fn lost(&self) -> usize {
        self.lost.load(Ordering::SeqCst)
    }
}

/// Whether this COMMIT is the one whose answer is lost.
fn is_lost(set: &watch::Sender<Way>) -> bool {
    let mut this = false;
    set.send_if_modified(|way| {
        match *way {
            Way::LoseCommit(0) => (this, *way) = (true, Way::Open),
            Way::LoseCommit(n) => *way = Way::LoseCommit(n - 1),
            _ => return false,
        }
        true
    });
    this
}

async fn carry(
    mut client: TcpStream,
    server: u16,
    set: Arc<watch::Sender<Way>>,
    lost: Arc<AtomicUsize>,
) {
    let mut way = set.subscribe();
    if *way.borrow() == Way::Cut {
        return;
    }
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut up, mut down) = (vec![0; 65536], vec![0; 65536]);
    loop {
        let now = *way.borrow_and_update();
        match now {
            Way::Cut => return,
            Way::Hole => {
                if way.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Way::Open | Way::LoseCommit(_) => {}
        }
        tokio::select! {
            changed = way.changed() => if changed.is_err() { return },
            read = client.read(&mut up) => {
                let Ok(n @ 1..) = read else { return };
                let commits = up[..n].windows(6).any(|w| w == b"COMMIT");
                let this = commits && is_lost(&set);
                if server.write_all(&up[..n]).await.is_err() { return }
                if this {
                    // Answered, so it is done; nobody hears of it.
                    drop(server.read(&mut down).await);
                    lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(n @ 1..) = read else { return };
                if client.write_all(&down[..n]).await.is_err() { return }
            }
        }
    }
}
