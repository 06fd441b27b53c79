//! The event loop: one window with one view, for as long as the game holds standard input open.

use std::io;
use std::process;
use std::thread;
use std::time::Duration;

use tao::event::{Event, WindowEvent};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy, EventLoopWindowTarget};

use crate::order::Order;
use crate::output::Output;
use crate::protocol::{Command, Report, read_line};
use crate::view::Shown;

/// How long the game may take to say what a returned URL was. It takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the window may take to close.
const GRACE: Duration = Duration::from_millis(500);

/// Serves the game, and ends this process.
pub(crate) fn serve() -> ! {
    let Ok(output) = Output::take() else {
        process::exit(1)
    };
    if let Err(why) = crate::view::prepare() {
        output.send(&Report::Failed(why));
        process::exit(1);
    }
    #[cfg_attr(
        not(target_os = "macos"),
        expect(unused_mut, reason = "only macOS changes it")
    )]
    let mut events = EventLoopBuilder::<Order>::with_user_event().build();
    #[cfg(target_os = "macos")]
    {
        use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS as _};
        // The game has the icon in the dock.
        events.set_activation_policy(ActivationPolicy::Accessory);
    }
    let proxy = events.create_proxy();
    read_orders(proxy.clone());
    output.send(&Report::Hello);

    let mut game = Game {
        shown: None,
        returned: 0,
        is_waiting: false,
        output,
        proxy,
    };
    let mut is_over = false;
    events.run(move |event, target, flow| {
        *flow = ControlFlow::Wait;
        let end = match event {
            _ if is_over => None,
            Event::UserEvent(order) => game.obey(order, target),
            Event::WindowEvent {
                event: WindowEvent::CloseRequested | WindowEvent::Destroyed,
                ..
            } => Some(Some(Report::Closed)),
            _ => None,
        };
        if let Some(last) = end {
            // After a return it does not matter how the window goes.
            if let Some(last) = last.filter(|_| !game.is_waiting) {
                game.output.send(&last);
            }
            is_over = true;
            game.shown = None;
        }
        if is_over {
            *flow = ControlFlow::Exit;
        }
    })
}

/// The end of the window, with what the game has to know about it.
type End = Option<Report<'static>>;

/// The game on the other side, and what it sees.
struct Game {
    shown: Option<Shown>,
    /// How often the page has returned.
    returned: u64,
    /// Whether the game has to say what the last return was.
    is_waiting: bool,
    output: Output,
    proxy: EventLoopProxy<Order>,
}

impl Game {
    /// Does what it is told. Returns whether that is the end.
    fn obey(&mut self, order: Order, target: &EventLoopWindowTarget<Order>) -> Option<End> {
        match order {
            Order::Command(Command::Show(_)) if self.shown.is_some() => {
                Some(Some(Report::Failed("the game has sent a second page")))
            }
            Order::Command(Command::Show(page)) => {
                match Shown::open(*page, target, &self.output, &self.proxy) {
                    Ok(shown) => self.shown = Some(shown),
                    Err(why) => return Some(Some(Report::Failed(why))),
                }
                self.report(&Report::Shown)
            }
            Order::Command(Command::Resume) => {
                self.is_waiting = false;
                if let Some(shown) = &self.shown {
                    shown.resume();
                }
                None
            }
            Order::At(origin) => {
                if let Some(shown) = &self.shown {
                    shown.set_origin(&origin);
                }
                self.report(&Report::At(&origin))
            }
            Order::Returned => {
                self.returned += 1;
                self.is_waiting = true;
                let (proxy, order) = (self.proxy.clone(), Order::Waited(self.returned));
                // The event loop wakes for no clock.
                start_thread(move || {
                    thread::sleep(PATIENCE);
                    _ = proxy.send_event(order);
                });
                None
            }
            Order::Waited(returned) => {
                (self.is_waiting && returned == self.returned).then_some(None)
            }
            Order::Refuse(why) => {
                self.output.send(&Report::Failed(&why));
                Some(None)
            }
            #[cfg(target_os = "linux")]
            Order::Lost => Some(Some(Report::Failed("the page has crashed"))),
            #[cfg(target_os = "linux")]
            Order::Closed => Some(Some(Report::Closed)),
            Order::Quit => Some(None),
        }
    }

    /// Sends a report. Without a reader, that is the end.
    fn report(&self, report: &Report<'_>) -> Option<End> {
        (!self.output.send(report)).then_some(None)
    }
}

/// Reads what the game sends, on a thread.
fn read_orders(proxy: EventLoopProxy<Order>) {
    let read = move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = read_line(&mut input) {
            let order = match Command::parse(&line) {
                Ok(command) => Order::Command(command),
                Err(bad) => Order::Refuse(bad.to_string()),
            };
            if proxy.send_event(order).is_err() {
                break;
            }
        }
        _ = proxy.send_event(Order::Quit);
        // The event loop ends the process. An engine that hangs must not keep its window.
        thread::sleep(GRACE);
        process::exit(0);
    };
    start_thread(read);
}

/// Starts a thread. Without any, nothing here can work.
fn start_thread(job: impl FnOnce() + Send + 'static) {
    if thread::Builder::new().spawn(job).is_err() {
        process::exit(1);
    }
}
