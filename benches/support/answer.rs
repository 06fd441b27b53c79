//! Answers to an invitation, as long as they are wanted.

/// In bytes; the listener reads no request line of more than 16 KiB.
pub const SIZES: [usize; 8] = [100, 250, 500, 1000, 2000, 4000, 8000, 16_000];

/// Sent to so many friends.
pub fn of_friends(friends: usize) -> String {
    let friends: Vec<String> = (0..friends)
        .map(|friend| (561_104_940_001 + friend).to_string())
        .collect();
    format!("code=OK&selected=%5B{}%5D&state=n1", friends.join("%2C"))
}

/// The answer with the most friends that is not longer, filled up by a parameter that nobody asks
/// for.
pub fn of_size(bytes: usize) -> String {
    let longest = (0..)
        .map(of_friends)
        .take_while(|answer| answer.len() + "&x=".len() <= bytes)
        .last();
    let answer = longest.expect("no answer is so short");
    let filling = "x".repeat(bytes - answer.len() - "&x=".len());
    format!("{answer}&x={filling}")
}
