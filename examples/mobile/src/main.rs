//! The program of iOS, and of a desktop.

fn main() {
    mobile_game::main();
}
