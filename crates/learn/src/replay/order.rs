//! Which episodes are replayed.

use std::collections::BTreeMap;

use attractor_store::wire::{Reader, Writer};

use super::priorities::exponent;
use super::{Draws, SumTree};
use crate::Error;

/// What an order of replay knows of an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Its number in the store.
    pub id: u64,
    /// Its class.
    pub class: u32,
    /// How badly it is known, such as its last surprise: finite, at least 0.
    pub priority: f64,
    /// How much it matters to the user, such as a reward: finite, at least 0.
    pub utility: f64,
    /// Distance of its features to the mean of its class: finite, at least 0.
    pub distance: f64,
}

/// An order of replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// All alike.
    Uniform,
    /// In proportion to priority^exponent (Schaul et al. 2016); exponent from 0 to 16, 0 is uniform.
    Prioritised {
        /// The exponent.
        exponent: f64,
    },
    /// First a class, all alike, then one of its members, all alike: rare classes come as often as common ones.
    ClassBalanced,
    /// In proportion to utility: what the goals ask for, without a correction of the density.
    GoalWeighted,
    /// In rounds, in which every episode comes once and those near the mean of their class come early: the first to
    /// come is drawn in proportion to 1 / distance, the next likewise among the rest (the draw of Efraimidis and
    /// Spirakis 2006; weights 1 / distance as in Harun et al., SIESTA, 2023). What lies on the mean counts
    /// as near as the nearest that does not.
    PrototypicalFirst,
}

impl Order {
    pub(crate) fn save(self, to: &mut Writer) {
        match self {
            Self::Uniform => to.u8(0),
            Self::Prioritised { exponent } => {
                to.u8(1);
                to.f64(exponent);
            }
            Self::ClassBalanced => to.u8(2),
            Self::GoalWeighted => to.u8(3),
            Self::PrototypicalFirst => to.u8(4),
        }
    }

    pub(crate) fn load(from: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match from.u8()? {
            0 => Self::Uniform,
            1 => {
                let alpha = from.f64()?;
                exponent("exponent", alpha)?;
                Self::Prioritised { exponent: alpha }
            }
            2 => Self::ClassBalanced,
            3 => Self::GoalWeighted,
            4 => Self::PrototypicalFirst,
            _ => return Err(from.fault("an unknown order of replay").into()),
        })
    }

    /// The places in `candidates` of `n` episodes to replay, with replacement but for [`Order::PrototypicalFirst`].
    ///
    /// Pick number k is a function of the seed, of k and of the candidates. Takes O(c + n log c) for c candidates; to
    /// draw often from the same ones keep a [`Sampler`]. Gives nothing where there are no candidates. Where
    /// all weights are 0, all are alike.
    ///
    /// ```
    /// use attractor_learn::replay::{Candidate, Order};
    /// let episode = |id, class| Candidate { id, class, priority: 1.0, utility: 0.0, distance: 0.5 };
    /// let episodes: Vec<_> = (0..9).map(|id| episode(id, u32::from(id == 8))).collect();
    /// let drawn = Order::ClassBalanced.draw(&episodes, 1, 0, 1000)?;
    /// let rare = drawn.iter().filter(|&&place| place == 8).count();
    /// assert!((400..600).contains(&rare));
    /// # Ok::<(), attractor_learn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Sampler::new`].
    pub fn draw(
        self,
        candidates: &[Candidate],
        seed: u64,
        counter: u64,
        n: usize,
    ) -> Result<Vec<usize>, Error> {
        Ok(Sampler::new(self, candidates, seed, counter)?.draw(n))
    }
}

/// An order of replay over episodes that stay the same between draws.
///
/// ```
/// use attractor_learn::replay::{Candidate, Order, Sampler};
/// let episode = |id| Candidate { id, class: 0, priority: id as f64, utility: 1.0, distance: 1.0 };
/// let episodes: Vec<_> = (0..5).map(episode).collect();
/// let order = Order::Prioritised { exponent: 0.5 };
/// let mut sampler = Sampler::new(order, &episodes, 1, 0)?;
/// let (first, then) = (sampler.draw(10), sampler.draw(10));
/// assert_eq!([first, then].concat(), order.draw(&episodes, 1, 0, 20)?);
/// assert_eq!(sampler.counter(), 20);
/// # Ok::<(), attractor_learn::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sampler {
    plan: Plan,
    seed: u64,
    counter: u64,
}

#[derive(Debug, Clone)]
enum Plan {
    /// Nobody to draw.
    Nobody,
    /// This many, all alike.
    Alike(usize, Draws),
    /// In proportion to a weight.
    Weighted(SumTree, Draws),
    /// The members of each class.
    Classes(Vec<Vec<usize>>, Draws),
    /// Weights, and the round whose order is at hand.
    Rounds { weights: Vec<f64>, round: Option<(u64, Vec<usize>)> },
}

/// The stream of every order but [`Order::PrototypicalFirst`].
const NAME: &str = "replay/order";

impl Sampler {
    /// A sampler that starts with pick number `counter`.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an exponent outside 0 to 16, or a priority, utility or distance, where the order needs
    /// it, that is not finite and at least 0.
    pub fn new(order: Order, candidates: &[Candidate], seed: u64, counter: u64) -> Result<Self, Error> {
        let weights = |name, of: fn(&Candidate) -> f64| -> Result<Vec<f64>, Error> {
            candidates.iter().map(|candidate| checked(name, of(candidate))).collect()
        };
        let n = candidates.len();
        let draws = |numbers: u64| Draws::new(seed, NAME, counter.saturating_mul(numbers));
        let plan = match order {
            Order::Prioritised { exponent: alpha } => {
                exponent("exponent", alpha)?;
                weighted(weights("priority", |candidate| candidate.priority)?, alpha, draws(1))?
            }
            Order::GoalWeighted => {
                weighted(weights("utility", |candidate| candidate.utility)?, 1.0, draws(1))?
            }
            Order::PrototypicalFirst => {
                Plan::Rounds { weights: nearness(&weights("distance", |c| c.distance)?), round: None }
            }
            Order::Uniform => Plan::Alike(n, draws(1)),
            Order::ClassBalanced => {
                let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
                for (place, candidate) in candidates.iter().enumerate() {
                    classes.entry(candidate.class).or_default().push(place);
                }
                // A class and a member: two numbers per pick.
                Plan::Classes(classes.into_values().collect(), draws(2))
            }
        };
        Ok(Self { plan: if n == 0 { Plan::Nobody } else { plan }, seed, counter })
    }

    /// The number of the next pick: with the seed, all that is needed to go on.
    pub fn counter(&self) -> u64 {
        self.counter
    }

    /// The places of the next `n` episodes; nothing where there are no candidates.
    pub fn draw(&mut self, n: usize) -> Vec<usize> {
        (0..n).map_while(|_| self.pick()).collect()
    }

    fn pick(&mut self) -> Option<usize> {
        let place = match &mut self.plan {
            Plan::Nobody => return None,
            Plan::Alike(n, draws) => draws.below(*n),
            Plan::Weighted(tree, draws) => tree.find(draws.unit() * tree.total())?,
            Plan::Classes(classes, draws) => {
                let class = draws.below(classes.len());
                let members = classes.get(class)?;
                *members.get(draws.below(members.len()))?
            }
            Plan::Rounds { weights, round } => {
                let n = weights.len() as u64;
                let (number, place) = (self.counter / n, (self.counter % n) as usize);
                if round.as_ref().is_none_or(|(at_hand, _)| *at_hand != number) {
                    *round = Some((number, permutation(weights, self.seed, number)));
                }
                *round.as_ref()?.1.get(place)?
            }
        };
        self.counter = self.counter.wrapping_add(1);
        Some(place)
    }
}

/// Draws in proportion to the weights to the power `alpha`, or of all alike where all weights are 0.
fn weighted(weights: Vec<f64>, alpha: f64, draws: Draws) -> Result<Plan, Error> {
    let most = weights.iter().copied().fold(0.0, f64::max);
    if most == 0.0 {
        return Ok(Plan::Alike(weights.len(), draws));
    }
    // Relative to the largest no power overflows.
    let powers: Vec<f64> = weights.iter().map(|weight| (weight / most).powf(alpha)).collect();
    Ok(Plan::Weighted(SumTree::of(&powers)?, draws))
}

/// Weights 1 / distance relative to the nearest that is not on the mean, so from 0 to 1; all 1 where all are.
fn nearness(distances: &[f64]) -> Vec<f64> {
    let nearest = distances.iter().copied().filter(|&distance| distance > 0.0).fold(f64::INFINITY, f64::min);
    distances.iter().map(|&distance| if distance > 0.0 { nearest / distance } else { 1.0 }).collect()
}

/// The order of a round: by -ln(u) / weight, lowest first, which is a draw without replacement in proportion to weight.
fn permutation(weights: &[f64], seed: u64, round: u64) -> Vec<usize> {
    let mut draws = Draws::new(seed, &format!("replay/round/{round}"), 0);
    let key = |&weight: &f64| -(1.0 - draws.unit()).ln() / weight.max(f64::MIN_POSITIVE);
    let keys: Vec<f64> = weights.iter().map(key).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| keys[a].total_cmp(&keys[b]).then(a.cmp(&b)));
    order
}

fn checked(name: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(Error::Parameter { name, value, limit: "finite and at least 0" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Order; 5] = [
        Order::Uniform,
        Order::Prioritised { exponent: 0.7 },
        Order::ClassBalanced,
        Order::GoalWeighted,
        Order::PrototypicalFirst,
    ];

    fn episodes(n: usize) -> Vec<Candidate> {
        let episode = |place: usize| Candidate {
            id: place as u64,
            class: (place % 7 / 3) as u32,
            priority: place as f64 / 3.0,
            utility: (place % 2) as f64,
            distance: place as f64,
        };
        (0..n).map(episode).collect()
    }

    proptest! {
        #[test]
        fn a_cut_run_is_the_whole_run(n in 0usize..20, first in 0usize..30, then in 0usize..30, seed: u64) {
            let episodes = episodes(n);
            for order in ALL {
                let whole = order.draw(&episodes, seed, 0, first + then).unwrap();
                prop_assert_eq!(whole.len(), if n == 0 { 0 } else { first + then });
                let mut sampler = Sampler::new(order, &episodes, seed, 0).unwrap();
                let mut cut = sampler.draw(first);
                // As after a crash: nothing is left but the seed and the counter.
                cut.extend(order.draw(&episodes, seed, sampler.counter(), then).unwrap());
                prop_assert_eq!(cut, whole);
            }
        }

        #[test]
        fn shares_are_those_of_the_definition(seed: u64) {
            let episodes = episodes(9);
            let n = 6000;
            let power: f64 = episodes.iter().map(|e| e.priority.powf(0.7)).sum();
            // Classes of places 0 to 8: 0 0 0 1 1 1 2 0 0.
            let sizes = [5.0, 3.0, 1.0];
            for (order, share) in [
                (Order::Uniform, Box::new(|_: &Candidate| 1.0 / 9.0) as Box<dyn Fn(&Candidate) -> f64>),
                (ALL[1], Box::new(|e: &Candidate| e.priority.powf(0.7) / power)),
                (Order::ClassBalanced, Box::new(|e: &Candidate| 1.0 / (3.0 * sizes[e.class as usize]))),
                (Order::GoalWeighted, Box::new(|e: &Candidate| e.utility / 4.0)),
            ] {
                let mut counts = [0; 9];
                order.draw(&episodes, seed, 0, n).unwrap().into_iter().for_each(|place| counts[place] += 1);
                for (episode, &count) in episodes.iter().zip(&counts) {
                    let p = share(episode);
                    let spread = (n as f64 * p * (1.0 - p)).sqrt();
                    prop_assert!((f64::from(count) - n as f64 * p).abs() <= 6.0 * spread, "{order:?} {episode:?} {count}");
                }
            }
        }
    }

    #[test]
    fn prototypes_come_first_and_everyone_comes() {
        let episodes = episodes(10);
        let (mut first, mut counts) = ([0; 10], [0; 10]);
        for seed in 0..4000 {
            let drawn = Order::PrototypicalFirst.draw(&episodes, seed, 0, 20).unwrap();
            for round in drawn.chunks(10) {
                let mut all = round.to_vec();
                all.sort_unstable();
                assert_eq!(all, (0..10).collect::<Vec<_>>());
            }
            first[drawn[0]] += 1;
            counts[drawn[10]] += 1;
        }
        // Weights 1 (on the mean, as near as the nearest), 1, 1/2 ... 1/9.
        let total = 1.0 + (1..10).map(|distance| 1.0 / f64::from(distance)).sum::<f64>();
        for (place, (&first, &second)) in first.iter().zip(&counts).enumerate() {
            let p = 1.0 / place.max(1) as f64 / total;
            let spread = 6.0 * (4000.0 * p * (1.0 - p)).sqrt();
            for count in [first, second] {
                assert!((f64::from(count) - 4000.0 * p).abs() < spread, "{place}: {count}, {p}");
            }
        }
    }

    #[test]
    fn zeros_and_extremes_end() {
        let mut episodes = episodes(5);
        for episode in &mut episodes {
            (episode.priority, episode.utility, episode.distance) = (0.0, 0.0, 0.0);
        }
        for order in ALL {
            let drawn = order.draw(&episodes, 1, 0, 500).unwrap();
            assert!((0..5).all(|place| drawn.contains(&place)), "{order:?}: all alike");
            assert!(order.draw(&episodes, 1, u64::MAX / 4, 3).is_ok());
        }
        episodes[2].priority = f64::MAX;
        (episodes[1].distance, episodes[3].distance) = (f64::MAX, 1e-300);
        assert_eq!(Order::Prioritised { exponent: 16.0 }.draw(&episodes, 1, 0, 3).unwrap(), [2, 2, 2]);
        assert_eq!(Order::PrototypicalFirst.draw(&episodes, 1, 0, 5).unwrap()[4], 1);
    }

    #[test]
    fn what_an_order_needs_is_checked_and_nothing_else() {
        let mut episodes = episodes(2);
        episodes[1].priority = f64::NAN;
        let refused = Order::Prioritised { exponent: 1.0 }.draw(&episodes, 1, 0, 1).unwrap_err().to_string();
        assert_eq!(refused, "priority = NaN: must be finite and at least 0");
        assert!(Order::Uniform.draw(&episodes, 1, 0, 1).is_ok());
        assert!(Order::Prioritised { exponent: -1.0 }.draw(&[], 1, 0, 1).is_err());
    }
}
