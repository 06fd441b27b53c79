//! The program of iOS. It starts on a desktop, too, but there every request fails: without the
//! feature `browser` nothing opens a page.

fn main() {
    mobile_game::main();
}
