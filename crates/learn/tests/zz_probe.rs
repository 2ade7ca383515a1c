//! Probe.
#![allow(missing_docs)]
use attractor_data::{Part, Scale, Set, Shape, mnist};
use attractor_learn::{Budget, Learner, Slow};
use std::time::Instant;

fn var(name: &str, or: usize) -> usize { std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(or) }

#[test]
fn probe() {
    let (limit, per, step) = (var("LIMIT", 1000), var("PER", 2), var("STEP", 5));
    let train = mnist(Part::Train).unwrap().scaled(Scale::Unit);
    let test = if var("TEST", 0) == 1 { mnist(Part::Test).unwrap().scaled(Scale::Unit) } else {
        let tail: Vec<usize> = (50_000..60_000).collect(); train.subset(&tail).unwrap() };
    let head: Vec<usize> = (0..if var("TEST", 0) == 1 { 60_000 } else { 50_000 }).collect();
    let train: Set = train.subset(&head).unwrap();
    let l = |s: &Set, i: usize| s.labels().unwrap()[i];
    let slow = match var("SLOW", 0) { 1 => Slow::None, 2 => Slow::Mean, 3 => Slow::Discriminant, _ => Slow::Ridge };
    let mut learner = Learner::builder().shape(Shape::grey(28, 28)).slow(slow).ephemeral().unwrap();
    let order: Vec<u32> = (0..10).collect();
    let (t0, mut seen, mut tasks) = (Instant::now(), 0, 0);
    let eval = |learner: &Learner, classes: &[u32]| {
        let ti: Vec<usize> = (0..test.len()).filter(|&i| classes.contains(&l(&test, i))).step_by(step).collect();
        let good = ti.iter().filter(|&&i| learner.predict(test.patterns().row(i).as_slice().unwrap()).unwrap().label == Some(l(&test, i).to_string())).count();
        good as f64 / ti.len() as f64
    };
    for task in order.chunks(per) {
        let idx: Vec<usize> = (0..train.len()).filter(|&i| task.contains(&l(&train, i))).take(limit).collect();
        let t = Instant::now();
        for chunk in idx.chunks(1000) {
            let a = train.patterns().select(ndarray::Axis(0), chunk);
            let names: Vec<String> = chunk.iter().map(|&i| l(&train, i).to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            learner.observe_many(a.view(), &names).unwrap();
        }
        seen += idx.len();
        tasks += 1;
        let dt = t.elapsed().as_secs_f64();
        let accs: Vec<f64> = order.chunks(per).take(tasks).map(|old| eval(&learner, old)).collect();
        println!("task {task:?}: {:.0}/s, acc {accs:.4?} mean {:.4}", idx.len() as f64 / dt, accs.iter().sum::<f64>() / accs.len() as f64);
    }
    let s = learner.stats();
    println!("seen {seen} in {:.1}s; episodes {} room {} bytes {:?} total {:.1} MiB disk {:.1}", t0.elapsed().as_secs_f64(), s.episodes, s.room, s.memory_bytes, s.memory_total() as f64 / (1<<20) as f64, s.disk_bytes as f64/(1<<20) as f64);
    let t = Instant::now();
    for i in 0..200 { learner.predict(test.patterns().row(i).as_slice().unwrap()).unwrap(); }
    println!("predict {:.3} ms", t.elapsed().as_secs_f64() * 5.0);
    println!("all {:.4}", eval(&learner, &order));
    let mut shares = [0.0; 2]; let mut right = [[0; 2]; 2];
    for i in (0..test.len()).step_by(step) { let a = learner.predict(test.patterns().row(i).as_slice().unwrap()).unwrap(); shares[0] += a.share; shares[1] += 1.0;
        let k = usize::from(a.system == attractor_learn::System::Slow); right[k][usize::from(a.label == Some(l(&test, i).to_string()))] += 1; }
    println!("mean share of fast {:.3}; fast wrong/right {:?} slow {:?}", shares[0] / shares[1], right[0], right[1]);
    if var("SLEEP", 0) > 0 { println!("{:?}", learner.sleep(Budget::updates(var("SLEEP", 0) as u64)).unwrap()); println!("after sleep {:.4}", eval(&learner, &order)); }
}
