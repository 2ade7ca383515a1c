"""What people use today to learn from a stream: each sees every example once, in the given order.

A learner has `prepare(stream)` and `predict(images)`, which are not timed, and `learn()`, which is.
Pixels are scaled to 0..1 in `prepare`.
"""

import numpy as np
import torch
import torch.nn.functional as F

try:
    import river
except ImportError:
    river = None

CLASSES = 10


def unit(images):
    """Pixels from 0 to 1, float32."""
    return images.astype(np.float32) / np.float32(255)


def all_learners():
    """A fresh one of each, with the smallest effort that its users would make."""
    online = [RiverSoftmax(), RiverNearest()] if river else [SoftmaxRegression(), NearestWindow()]
    return [*online, ExperienceReplay()]


def versions():
    """Name and version of what learns."""
    return {"torch": torch.__version__, "numpy": np.__version__,
            "river": river.__version__ if river else "not installed, river-style instead"}


class SoftmaxRegression:
    """Multinomial logistic regression by plain gradient steps, one example each, as River's
    `linear_model.SoftmaxRegression` with its default `SGD(0.01)`."""

    name = "river-style/softmax"

    def __init__(self, rate=0.01):
        self.rate = np.float32(rate)
        self.weights = None
        self.bias = np.zeros(CLASSES, np.float32)

    def prepare(self, stream):
        self.weights = np.zeros((CLASSES, stream.train_x.shape[1]), np.float32)
        self.examples = list(zip(unit(stream.train_x), stream.train_y.tolist()))

    def learn(self):
        for x, y in self.examples:
            self.learn_one(x, y)

    def learn_one(self, x, y):
        step = -self.predict_one(x)
        step[y] += 1
        step *= self.rate
        self.weights += step[:, None] * x
        self.bias += step

    def predict_one(self, x):
        """Probabilities (10,)."""
        scores = self.weights @ x + self.bias
        weights = np.exp(scores - scores.max())
        return weights / weights.sum()

    def predict(self, images):
        return np.array([self.predict_one(x).argmax() for x in unit(images)])


class NearestWindow:
    """The 5 nearest of the last 1,000 examples vote by inverse distance, as in River's `KNNClassifier`."""

    name = "river-style/nearest"

    def __init__(self, neighbours=5, window=1000):
        self.neighbours, self.size = neighbours, window
        self.count = 0

    def prepare(self, stream):
        self.window = np.zeros((self.size, stream.train_x.shape[1]), np.float32)
        self.labels = np.zeros(self.size, np.int64)
        self.examples = list(zip(unit(stream.train_x), stream.train_y.tolist()))

    def learn(self):
        for x, y in self.examples:
            self.learn_one(x, y)

    def learn_one(self, x, y):
        at = self.count % self.size
        self.window[at], self.labels[at] = x, y
        self.count += 1

    def predict_one(self, x):
        """The class of the largest sum of 1 / distance; that of an example at distance 0 where there is one."""
        known = min(self.count, self.size)
        distances = np.sqrt(np.square(self.window[:known] - x).sum(axis=1))
        nearest = np.argsort(distances, kind="stable")[:self.neighbours]
        if distances[nearest[0]] == 0:
            return self.labels[nearest[0]]
        return np.bincount(self.labels[nearest], 1 / distances[nearest], CLASSES).argmax()

    def predict(self, images):
        return np.array([self.predict_one(x) for x in unit(images)])


class River:
    """A model of River, which takes an example as a dict of its features."""

    def prepare(self, stream):
        self.features = list(range(stream.train_x.shape[1]))
        self.examples = [(self.dict_of(x), y) for x, y in zip(stream.train_x, stream.train_y.tolist())]

    def dict_of(self, image):
        """Numbers of Python, as River's own loops have them."""
        return dict(zip(self.features, (image / 255).tolist()))

    def learn(self):
        for x, y in self.examples:
            self.model.learn_one(x, y)

    def predict(self, images):
        return np.array([self.model.predict_one(self.dict_of(x)) for x in images])


class RiverSoftmax(River):
    """`linear_model.SoftmaxRegression` as it comes."""

    name = "river/softmax"

    def __init__(self):
        from river import linear_model

        self.model = linear_model.SoftmaxRegression()


class RiverNearest(River):
    """`neighbors.KNNClassifier`, its 5 neighbours among the last 1,000 examples."""

    name = "river/nearest"

    def __init__(self):
        from river import neighbors

        engine = neighbors.LazySearch(window_size=1000)
        self.model = neighbors.KNNClassifier(n_neighbors=5, engine=engine)


class ExperienceReplay:
    """A multilayer perceptron with a reservoir of past images: 10 new and 10 replayed per step."""

    name = "torch/replay"

    def __init__(self, room=4400, batch=10, seed=0):
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.room, self.batch = room, batch
        self.seen = 0

    def prepare(self, stream):
        pixels = stream.train_x.shape[1]
        self.net = torch.nn.Sequential(
            torch.nn.Linear(pixels, 400), torch.nn.ReLU(), torch.nn.Linear(400, 400),
            torch.nn.ReLU(), torch.nn.Linear(400, CLASSES))
        self.adam = torch.optim.Adam(self.net.parameters(), lr=1e-3)
        self.images, self.labels = stream.train_x, stream.train_y.astype(np.int64)
        self.x, self.y = torch.from_numpy(unit(self.images)), torch.from_numpy(self.labels)
        self.kept = np.zeros((self.room, pixels), np.uint8)
        self.kept_labels = np.zeros(self.room, np.int64)

    def learn(self):
        for start in range(0, len(self.images), self.batch):
            new = slice(start, start + self.batch)
            self.step(self.x[new], self.y[new])
            for image, label in zip(self.images[new], self.labels[new]):
                self.keep(image, label)

    def step(self, x, y):
        known = min(self.seen, self.room)
        if known:
            rows = self.rng.choice(known, min(self.batch, known), replace=False)
            x = torch.cat([x, torch.from_numpy(unit(self.kept[rows]))])
            y = torch.cat([y, torch.from_numpy(self.kept_labels[rows])])
        self.adam.zero_grad()
        F.cross_entropy(self.net(x), y).backward()
        self.adam.step()

    def keep(self, image, label):
        """Vitter's reservoir: every example of the past is in it with the same probability."""
        at = self.seen if self.seen < self.room else int(self.rng.integers(0, self.seen + 1))
        if at < self.room:
            self.kept[at], self.kept_labels[at] = image, label
        self.seen += 1

    def predict(self, images):
        with torch.inference_mode():
            return self.net(torch.from_numpy(unit(images))).argmax(1).numpy()
